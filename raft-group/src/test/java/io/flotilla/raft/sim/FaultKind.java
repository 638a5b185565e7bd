package io.flotilla.raft.sim;

/**
 * What can be counted of what went wrong, of what was done to a group or a cluster on purpose, and
 * of what judges had to look at.
 */
public enum FaultKind {
  CRASH("crashes"),
  PAUSE("pauses"),
  PARTITION("partitions"),
  LOSS("messages lost"),
  CUT("messages into a partition"),
  DUPLICATE("messages duplicated"),
  REPLAY("old messages replayed"),
  SHORTENING("appends shortened"),
  STALL("disk stalls"),
  CAMPAIGN("needless campaigns"),
  MEMBERSHIP("membership entries committed"),
  TRANSFER("leaderships handed over"),
  DISK_LOSS("disks lost"),
  DISK_HANG("disks hung"),
  CLOCK_SET("clocks set"),
  HUNG_LEADER("leaders replaced because their disks hung"),
  TRUNCATION("logs truncated"),
  RESTORE("snapshots restored"),
  WISH("wishes of the operator granted"),
  SPLIT("shards split"),
  MERGE("shards merged"),
  MOVE("replicas moved"),
  DRAIN("nodes drained"),
  REMOVAL("nodes removed"),
  DEATH("nodes lost for good"),
  RECOVERY("shards recovered"),
  BEYOND_RECOVERY("shards that cannot be recovered"),
  UNDER_WAY("jobs under way at a loss"),
  COMEBACK("lost nodes that came back late"),
  OWNER("answers judged by their owner"),
  DIGEST("states compared"),
  SESSION_READ("keys shown to sessions"),
  SCAN("pages of scans judged"),
  BUNDLE("calls for several keys answered");

  private final String text;

  FaultKind(String text) {
    this.text = text;
  }

  /** In the plural. */
  String text() {
    return text;
  }
}
