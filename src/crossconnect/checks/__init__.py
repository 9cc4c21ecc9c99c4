"""State and blueprint -> findings: the same functions for the simulation, a lab, and live devices."""
