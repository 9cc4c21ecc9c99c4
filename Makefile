# Everything runs from a clean clone on a fresh Debian 12: `make demo`, `make test`.
SHELL := /bin/bash
VENV := .venv
YANG := $(firstword $(wildcard ../shared/data/yang /work/shared/data/yang) none)
PY := $(VENV)/bin/python
XC := $(VENV)/bin/xc
SEED := another
FIDELITY := $(sort $(wildcard tests/lab/test_fidelity_*.py)) tests/lab/test_explanation_agrees.py
# netconfd and openssh-server: real peers of our NETCONF and SSH, in tests; their services are not started.
# strongSwan: VPN concentrators and customers' routers of labs, with ESP of its own where the kernel has none.
APT := frr frr-pythontools bird2 lldpd iproute2 tcpdump ethtool iputils-ping procps user-mode-linux git python3-venv libyang2-dev libyang2-tools gcc python3-dev \
	ovn-central ovn-host openvswitch-switch udhcpc postgresql netconfd openssh-server \
	charon-systemd libcharon-extra-plugins libstrongswan-standard-plugins strongswan-swanctl

.PHONY: setup apt venv check yang ovn26 test fidelity demo bench clean

setup: apt venv

apt:
	@tools/apt-install $(APT)

venv: $(VENV)/.installed

# Compiled here, as pip does it: where PYTHONDONTWRITEBYTECODE is set, every command would compile again what it imports,
# which is up to a second of CPU.
$(VENV)/.installed: pyproject.toml constraints.txt
	@test -x $(PY) || python3 -m venv $(VENV)
	@$(PY) -m pip --version > /dev/null 2>&1 || $(PY) -m ensurepip > /dev/null
	@$(PY) -m pip install -q --disable-pip-version-check uv
	@$(VENV)/bin/uv pip install -q --python $(PY) -c constraints.txt --compile-bytecode --group dev -e .
	@$(PY) -m compileall -q src
	@touch $@

check: venv
	$(VENV)/bin/ruff check src tests benchmarks tools
	$(VENV)/bin/ruff format --check src tests benchmarks tools
	$(VENV)/bin/basedpyright
	$(VENV)/bin/lint-imports

test: setup check yang ovn26
	$(PY) -m pytest

# OVN 26.03 in a private root, beside the machine's 23.03; made once, out of Debian's sid. Where that cannot be had, the
# tests that need it say so and are skipped.
ovn26: apt
	@tools/ovn26-root > /dev/null || \
		echo "note: there is no OVN 26.03 (tools/ovn26-root says why above); the tests that need it are skipped"

# The vendors' YANG models are not ours to give. Where they are, libyang holds configurations against them; its binding
# is compiled here. Where one of these is missing, the tests that need it say so and are skipped.
yang: setup
	@if [ -d "$(YANG)" ] && ! $(PY) -c "import libyang" 2> /dev/null; then \
		$(VENV)/bin/uv pip install -q --python $(PY) -c constraints.txt -e '.[yang]' || \
		echo "note: libyang is not installed; tests against YANG models are skipped"; \
	fi

# Simulation against real daemons, FRR 8.4 and 10: docs/reference/fidelity.json, and the page made of it. The page is
# made, with its differences, when a comparison fails too.
fidelity: setup
	tools/frr10-root > /dev/null
	status=0; \
	XC_FIDELITY_SEED=$(SEED) XC_FIDELITY_DRAWS=4 XC_FIDELITY_RECORD=docs/reference/fidelity.json $(PY) -m pytest $(FIDELITY) || status=1; \
	XC_FIDELITY_SEED=$(SEED) XC_FIDELITY_DRAWS=4 XC_FIDELITY_RECORD=docs/reference/fidelity.json XC_FRR=10 $(PY) -m pytest $(FIDELITY) || status=1; \
	$(PY) tools/reference.py && exit $$status

demo: setup
	$(XC) demo

bench: setup
	$(PY) benchmarks/run.py

clean:
	rm -rf $(VENV) out .pytest_cache .hypothesis .ruff_cache
