package io.flotilla.raft.sim;

/** What can be counted of what went wrong, and of what was done to a group on purpose. */
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
  RESTORE("snapshots restored");

  private final String text;

  FaultKind(String text) {
    this.text = text;
  }

  /** In the plural. */
  String text() {
    return text;
  }
}
