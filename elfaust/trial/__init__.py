"""elfaust tried and measured on one machine: recorded lines, the main job, the benchmark."""
