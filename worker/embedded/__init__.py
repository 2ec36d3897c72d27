"""The whole service on one machine: a private Redis, and the processes of `ops/Procfile`, started, watched and stopped."""
