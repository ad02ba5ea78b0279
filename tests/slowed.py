"""The command `entrepot`, so slow that a test can kill it in between: each run is written at once and told later."""

import sys
import time

from abm.cli import main
from abm.show.progress import Bar
from abm.study.sweep import drive, engines

drive.FLUSH, engines.AHEAD = 0.0, 1
Bar.run = lambda *told: time.sleep(0.5)

if __name__ == "__main__":  # workers come by here too
    sys.exit(main())
