import json

from nmfbench.cli import script
from nmfbench.files import whole

with script(snakemake), whole(snakemake.output[0]) as part:
    part.write_text(json.dumps(snakemake.params.run, indent=1) + "\n", encoding="utf-8")
