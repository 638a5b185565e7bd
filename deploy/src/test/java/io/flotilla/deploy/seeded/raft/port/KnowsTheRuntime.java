package io.flotilla.deploy.seeded.raft.port;

import io.flotilla.deploy.seeded.raft.runtime.SpeaksNetty;

/** Breaks the rules: a port does not know who calls it. */
public record KnowsTheRuntime(SpeaksNetty loop) {}
