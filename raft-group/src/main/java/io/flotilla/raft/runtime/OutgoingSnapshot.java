package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.SnapshotManifest;
import io.flotilla.raft.port.SnapshotReply.Reason;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One snapshot that is made or kept here, and who wants it. */
final class OutgoingSnapshot {
  final long id;
  final GroupId group;

  /** When each node last asked; a node that released it is absent. */
  private final Map<NodeId, Long> askers = new HashMap<>();

  private long lastAskedNanos;
  private @Nullable SnapshotManifest manifest;
  private @Nullable Reason failure;
  private boolean retired;

  OutgoingSnapshot(long id, GroupId group, long nowNanos) {
    this.id = id;
    this.group = group;
    this.lastAskedNanos = nowNanos;
  }

  void asked(NodeId node, long nowNanos) {
    askers.put(node, nowNanos);
    lastAskedNanos = nowNanos;
  }

  void released(NodeId node) {
    askers.remove(node);
  }

  /** How many nodes have it made or sent. */
  int wantedBy(long nowNanos, long silenceNanos) {
    return (int) askers.values().stream().filter(asked -> nowNanos - asked < silenceNanos).count();
  }

  /** The same without {@code node}. */
  int othersThan(NodeId node, long nowNanos, long silenceNanos) {
    Long asked = askers.get(node);
    boolean wanted = asked != null && nowNanos - asked < silenceNanos;
    return wantedBy(nowNanos, silenceNanos) - (wanted ? 1 : 0);
  }

  long leaseEndsNanos(long leaseNanos) {
    return lastAskedNanos + leaseNanos;
  }

  void made(SnapshotManifest made) {
    manifest = made;
  }

  void failed(Reason why) {
    failure = why;
  }

  /** Null until it is made. */
  @Nullable SnapshotManifest manifest() {
    return manifest;
  }

  /** Null unless it could not be made. */
  @Nullable Reason failure() {
    return failure;
  }

  boolean isBeingMade() {
    return manifest == null && failure == null;
  }

  /** Those who have begun with it may go on; nobody else begins. */
  void retire() {
    retired = true;
  }

  boolean isRetired() {
    return retired;
  }
}
