#!/usr/bin/env bash
# Snakemake runs this in the new environment, from the project's directory.
set -euo pipefail
pip install --no-deps -e .
