"""tSNR with nipype's interface, which MRIQC and fMRIPrep use. It takes several runs as a list.

    python nipype_tsnr.py MAP RUN...

It always writes the mean and the standard deviation as well: here, beside the map.
"""

import sys
from pathlib import Path

from nipype.algorithms.confounds import TSNR

output, *runs = sys.argv[1:]
path = Path(output)

interface = TSNR(in_file=runs, tsnr_file=output)
interface.inputs.mean_file = str(path.with_name("mean_" + path.name))
interface.inputs.stddev_file = str(path.with_name("std_" + path.name))
interface.run()
