package io.flotilla.raft.core;

/** A message and the replica that it is for. */
public record Envelope(ReplicaId to, RaftMessage message) {}
