"""The service's settings: ``development`` for a laptop, ``production`` for everything else."""
