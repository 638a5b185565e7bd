package io.flotilla.raft.port;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.core.ReplicaId;

/** A message with all that a shared connection needs to deliver it. */
public record RaftParcel(
    NodeId fromNode,
    NodeId toNode,
    GroupId group,
    ReplicaId from,
    ReplicaId to,
    RaftMessage message) {}
