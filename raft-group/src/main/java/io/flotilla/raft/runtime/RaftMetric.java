package io.flotilla.raft.runtime;

/** Every metric of this room, and what a reader may conclude from it. */
public enum RaftMetric {
  /**
   * Counter. Pre-elections and elections begun here. Rising on a calm network: timeouts are too
   * short, or a thread is stalled.
   */
  ELECTIONS_STARTED("raft.elections.started"),
  /** Counter. Elections won here. */
  ELECTIONS_WON("raft.elections.won"),
  /** Counter. Times a leader here stepped down; see also the next. */
  LEADERSHIPS_LOST("raft.leaderships.lost"),
  /** Counter. Times it did so because no quorum answered: the network or most peers are gone. */
  QUORUMS_LOST("raft.quorums.lost"),
  /** Counter. Appends that a follower refused: logs had parted. A few after each election. */
  APPENDS_REFUSED("raft.appends.refused"),
  /** Counter. Entries of this node that another leader replaced. */
  ENTRIES_OVERWRITTEN("raft.entries.overwritten"),
  /** Counter. Entries handed to the log here, as leader or follower. */
  ENTRIES_APPENDED("raft.entries.appended"),
  /** Counter. Entries applied here. */
  ENTRIES_APPLIED("raft.entries.applied"),
  /** Counter. Proposals made here whose results were given out. */
  PROPOSALS_ACKNOWLEDGED("raft.proposals.acknowledged"),
  /** Counter. Proposals and reads refused for lack of room: this node is overloaded. */
  REQUESTS_REFUSED("raft.requests.refused"),
  /** Counter. Messages dropped because a loop did not keep up; Raft repeats them. */
  PARCELS_DROPPED("raft.parcels.dropped"),
  /** Counter. Times that a group's log was cut because it weighed too much. */
  LOGS_CUT("raft.logs.cut"),
  /**
   * Counter. Images of a state that were taken here for another node: somebody lags further than
   * logs reach.
   */
  IMAGES_TAKEN("raft.images.taken"),
  /** Counter. Times that a snapshot became a state here: this node was away, or is too slow. */
  SNAPSHOTS_RESTORED("raft.snapshots.restored"),
  /** Counter. Replicas that take no further part. Anything but 0 needs a person. */
  REPLICAS_STOPPED("raft.replicas.stopped"),
  /** Histogram. Groups that share one hand-over to the log: rises with load. */
  HAND_OVER_GROUPS("raft.hand-over.groups"),
  /** Histogram. Entries that share one write of the state. */
  APPLY_ROUND_ENTRIES("raft.apply-round.entries"),
  /** Gauge. Committed entries in memory that wait to be applied, in bytes. */
  APPLY_BACKLOG("raft.apply-backlog.bytes"),
  /** Counter. Syncs of the log's disk. Over acknowledged proposals: how well group commit works. */
  LOG_SYNCS("raft.log.syncs"),
  /** Timer. How long a sync of the log's disk takes: the floor under every write. */
  LOG_SYNC_TIME("raft.log.sync-time"),
  /** Histogram. Hand-overs that share one sync. */
  LOG_SYNC_HAND_OVERS("raft.log.sync.hand-overs"),
  /** Counter. Bytes of entries synced. */
  LOG_SYNCED("raft.log.synced.bytes"),
  /** Gauge. Handed to the log and not durable yet, in bytes. */
  LOG_BACKLOG("raft.log.backlog.bytes");

  private final String id;

  RaftMetric(String id) {
    this.id = id;
  }

  /** Its name in the registry. */
  public String id() {
    return id;
  }
}
