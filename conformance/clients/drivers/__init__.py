"""Programs that read exchanges with one client each, in that client's environment, where this suite is not installed.

Each line of standard input is a job: `id`, the base `url`, whether to `stream`, and the names of `tools`. Each line of
standard output is the answer to one, whose members read.py describes. What is asked is always the same, since the
reply is recorded: a user's word to the model gpt-4o.
"""
