"""Changes the keys of a running stack while it serves: of messages and of tokens. Nothing becomes unreadable.

`message_keys` and `token_keys` do it on the local stack; `hosted` tells the same steps for a hosted project.
"""
