# shellcheck shell=bash
# Set-up that scripts/run and scripts/test share. Sourced from the root of the checkout, after `set -euo pipefail`.
#
# Whatever is done leaves a stamp of what it was made from, so that the next start finds nothing to do.

VENV=.venv
PYTHON=$VENV/bin/python
RUN_STAMP=$VENV/gridcrm-run.stamp
DEV_STAMP=$VENV/gridcrm-dev.stamp

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$*"
  exit 1
}

may_install() { [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ] && command -v apt-get >/dev/null; }

apt_lists_known() { [ -n "$(find /var/lib/apt/lists -name '*Packages*' -print -quit 2>/dev/null)" ]; }

# Install Debian or Ubuntu packages; lists that are missing or out of date are fetched first.
install_packages() {
  say "安装系统软件包 / Installing system packages: $*"
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@")
  apt_lists_known && "${install[@]}" >/dev/null 2>&1 </dev/null && return
  apt-get update -qq >&2 && "${install[@]}" >/dev/null </dev/null
}

is_usable_python() {
  "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
  local candidate
  for candidate in ${GRIDCRM_PYTHON:-python3 python3.13 python3.12 python3.11 python3.14}; do
    if is_usable_python "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

# Ubuntu 22.04 calls 3.10 `python3` and has 3.11 beside it.
python_packages() {
  case "$(apt-cache policy python3 2>/dev/null)" in
    *"Candidate: 3.10"*) echo python3.11 python3.11-venv ;;
    *) echo python3 python3-venv ;;
  esac
}

install_python() {
  local packages
  if may_install; then
    apt_lists_known || apt-get update -qq >&2
    read -r -a packages <<<"$(python_packages)"
    install_packages "${packages[@]}" || true
  fi
}

missing_python() {
  die "需要带 venv 的 Python 3.11 或更高版本，请先安装，例如 / Python 3.11 or newer with venv is needed; install it," \
    "e.g. apt-get install $(python_packages)"
}

refuse_linked_venv() {
  die "$VENV 是指向 $(readlink $VENV) 的符号链接，重建会清空那里的环境。请删除链接后再试 / $VENV is a link to" \
    "$(readlink $VENV), and making it anew would empty that place. Remove the link and try again: rm $VENV"
}

# A virtual environment that works here; one that was moved, or whose Python is gone, is made anew.
ensure_venv() {
  local python
  [ ! -L $VENV ] || refuse_linked_venv
  [[ $("$VENV/bin/pip" --version 2>/dev/null || true) == *"$PWD/$VENV/"* ]] && return
  python=$(find_python) || { install_python && python=$(find_python); } || missing_python
  "$python" -m venv --clear $VENV
  # Ubuntu 22.04's pip misreads the lock's markers under its Python 3.11.0rc1.
  "$PYTHON" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-pip.lock
}

# What an installed environment was made from: the lock, the package's own description and the place it lies in.
environment_of() {
  echo "$PWD"
  cksum "$1" pyproject.toml
}

is_stamped() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

install_locked() {
  say "安装 Python 软件包（首次约 1 分钟）/ Installing Python packages (about a minute the first time): $1"
  "$PYTHON" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$1"
  "$PYTHON" -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
  "$PYTHON" -m compileall -q app gis migrations  # also where Python may not write what it compiles
}

prepare_runtime() {
  if ! is_stamped $RUN_STAMP "$(environment_of requirements.lock)"; then
    ensure_venv
    install_locked requirements.lock
    environment_of requirements.lock >$RUN_STAMP
  fi
  scripts/frontend
}

# The development lock holds every line of the other one, so it serves both.
prepare_development() {
  if ! is_stamped $DEV_STAMP "$(environment_of requirements-dev.lock)"; then
    ensure_venv
    install_locked requirements-dev.lock
    environment_of requirements-dev.lock >$DEV_STAMP
    environment_of requirements.lock >$RUN_STAMP
  fi
  scripts/frontend --dev
}
