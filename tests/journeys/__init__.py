"""The main job from end to end: `main_job` through the real windows, `headless_job` through the services alone."""
