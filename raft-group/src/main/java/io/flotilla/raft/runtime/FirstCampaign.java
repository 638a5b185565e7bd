package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;

/**
 * The replica that a new group is to be led by first asks for votes at once, and again: its peers
 * may not have opened the group when they are asked first. It gives up when it waits no more, when
 * another leads or has been elected, and after a while. For the replica's loop.
 */
final class FirstCampaign {
  private static final int EVERY_TICKS = 2;
  private static final int TICKS_MAX = 50;

  private final long firstTerm;
  private int ticksLeft;

  FirstCampaign(GroupSpec spec, boolean isNew) {
    this.firstTerm = spec.begin().term() + 1;
    this.ticksLeft = isNew && spec.campaignFirst() ? TICKS_MAX : 0;
  }

  boolean isUnderWay() {
    return ticksLeft > 0;
  }

  /** Whether to campaign in this tick. */
  boolean tick(GroupStatus status) {
    if (ticksLeft == 0) {
      return false;
    }
    boolean waits = status.role() == RoleName.FOLLOWER || status.role() == RoleName.PRE_CANDIDATE;
    if (!waits || status.leader().isPresent() || status.term() > firstTerm) {
      ticksLeft = 0;
      return false;
    }
    return --ticksLeft % EVERY_TICKS == 0;
  }
}
