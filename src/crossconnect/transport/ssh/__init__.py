"""SSH: connections that know whom they speak to, and commands over them."""
