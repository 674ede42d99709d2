"""What the fork server of `multiprocessing` imports: it uses the gateway that its children inherit."""

import member

member.serve()
