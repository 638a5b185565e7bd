package io.flotilla.deploy.seeded.raft.runtime;

import io.netty.channel.Channel;

/** Breaks the rules: the runtime sends through a port. */
public record SpeaksNetty(Channel channel) {}
