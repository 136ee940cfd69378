"""Forms that somebody has begun: kept by section for whoever holds a link, and for nobody else."""
