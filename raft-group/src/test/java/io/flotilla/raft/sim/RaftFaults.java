package io.flotilla.raft.sim;

import java.util.List;

/** What befalls replicas beside what befalls their hosts, as {@link Faults} allows it. */
final class RaftFaults {
  private final World world;
  private final FaultSchedule schedule;
  private final Faults.Process often;

  private RaftFaults(World world, SimNetwork<?> network, List<? extends Victim> victims) {
    this.world = world;
    this.schedule = new FaultSchedule(world, network, victims);
    this.often = world.faults().process();
  }

  /** Of replicas that stand alone, so that somebody has to cut their logs. */
  static FaultSchedule ofReplicas(World world, SimNetwork<?> network, List<SimReplica> replicas) {
    RaftFaults faults = new RaftFaults(world, network, replicas);
    faults.addCampaigns(replicas);
    faults.schedule.add(faults.often.cutEvery(), () -> faults.cutLogs(replicas));
    faults.addWishes(replicas);
    return faults.schedule;
  }

  /** Of nodes with a runtime and a disk of their own. */
  static FaultSchedule ofNodes(World world, SimNetwork<?> network, List<RuntimeNode> nodes) {
    RaftFaults faults = new RaftFaults(world, network, nodes);
    faults.addCampaigns(nodes);
    faults.addWishes(nodes);
    faults.schedule.add(faults.often.loseDiskEvery(), () -> faults.loseDisk(nodes));
    faults.schedule.add(faults.often.hangDiskEvery(), () -> faults.hangDisk(nodes));
    return faults.schedule;
  }

  private void addCampaigns(List<? extends RaftVictim> victims) {
    schedule.add(often.campaignEvery(), () -> campaign(victims));
  }

  private void addWishes(List<? extends RaftVictim> victims) {
    schedule.add(often.changeEvery(), () -> victims.forEach(RaftVictim::changeMembers));
    schedule.add(often.handOverEvery(), () -> victims.forEach(RaftVictim::handOver));
  }

  private void campaign(List<? extends RaftVictim> victims) {
    RaftVictim victim = any(victims);
    if (victim.isUp()) {
      victim.campaign();
      world.counts().add(FaultKind.CAMPAIGN);
    }
  }

  /**
   * Cuts some logs, where their own state no longer needs them, so that who needs more than they
   * hold has to fetch a snapshot; or only where nobody needs them. And somebody may come back from
   * a fetch that nobody remembers.
   */
  private void cutLogs(List<SimReplica> replicas) {
    long everybody = replicas.stream().mapToLong(SimReplica::flushedIndex).min().orElse(0);
    boolean careful = world.chance().happens(0.3);
    for (SimReplica replica : replicas) {
      long safe = careful ? everybody : replica.flushedIndex();
      if (safe > 0 && world.chance().happens(0.5)) {
        replica.truncate(safe - world.chance().below((int) Math.min(safe, 3)));
      }
    }
    if (world.chance().happens(0.3)) {
      any(replicas).fetch(any(replicas).id());
    }
  }

  private void loseDisk(List<RuntimeNode> nodes) {
    RuntimeNode node = any(nodes);
    if (node.loseDisk()) {
      world.counts().add(FaultKind.DISK_LOSS);
      schedule.startLater(node);
    }
  }

  private void hangDisk(List<RuntimeNode> nodes) {
    RuntimeNode node = any(nodes);
    if (node.isUp()) {
      node.hangDisk();
      world.counts().add(FaultKind.DISK_HANG);
      schedule.later(120, node::diskGetsOn);
    }
  }

  private <V extends Victim> V any(List<V> victims) {
    return victims.get(world.chance().below(victims.size()));
  }
}
