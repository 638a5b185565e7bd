package io.flotilla.placement.service;

import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Merge;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Recovery;
import io.flotilla.placement.model.Split;
import io.flotilla.placement.model.Transfer;

/** What may come of a job though it was cancelled, in words. */
final class Leftovers implements Job.Kinds<String> {
  @Override
  public String merge(Merge merge) {
    return String.format(
        "shard %d is taken back: once shard %d cannot absorb it any more, it serves again; if that"
            + " has absorbed it already, it stays so",
        merge.shard(), merge.into());
  }

  @Override
  public String move(Move move) {
    if (move.isLeavingOut()) {
      return String.format(
          "no more orders are given; if the group has begun to leave replica %d out, it stays out",
          move.from());
    }
    return String.format(
        "no more orders are given; what replica %d has learned on node %d is removed, unless the"
            + " group has begun to take it in, which it then finishes",
        move.to().id(), move.to().node());
  }

  @Override
  public String recovery(Recovery recovery) {
    return "no more orders are given; if replica "
        + recovery.survivor().id()
        + " has left the others out already, it stays so";
  }

  @Override
  public String split(Split split) {
    return String.format(
        "no more orders are given; if shard %d was split already, it stays split, and shard %d"
            + " appears",
        split.shard(), split.newShard());
  }

  @Override
  public String transfer(Transfer transfer) {
    return "no more orders are given; if leadership was handed over already, it stays there";
  }
}
