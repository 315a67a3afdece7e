"""What libraries find in the environment when they load.

It shapes bytes, so unlike the rest of this folder it counts as code of every step. launch.py sets
it before anything loads; warm.py keeps what it was started with; a step compares the two.
"""

# One thread a step: Make supplies the parallelism, and a sum split over another number of threads
# rounds differently, so results would depend on -j.
VARIABLES = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
# Arrow gives back what it frees, so that a table goes column by column as pandas takes it over; its
# other allocator keeps all of it, 0.5 GB of 2.4 million rows of features.
VARIABLES["ARROW_DEFAULT_MEMORY_POOL"] = "jemalloc"
VARIABLES["JE_ARROW_MALLOC_CONF"] = "background_thread:false,dirty_decay_ms:0,muzzy_decay_ms:0"
# glibc would hand freed arrays back to the system, and each new one would fault its pages in. Now a
# step may keep 256 MB; 32 MB is the most that every glibc accepts for what it maps by itself.
VARIABLES["MALLOC_MMAP_THRESHOLD_"] = str(1 << 25)
VARIABLES["MALLOC_TRIM_THRESHOLD_"] = str(1 << 28)
# Below the code, because a person's own matplotlibrc must not show in the figures.
MATPLOTLIB = ".venv/matplotlib"
