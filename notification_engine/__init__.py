"""The stand-alone service: configuration of the ``notifications`` app and nothing else."""
