"""Where credentials come from that have to be fetched and that expire: clouds' own identities."""
