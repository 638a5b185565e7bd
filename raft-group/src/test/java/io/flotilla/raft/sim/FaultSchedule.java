package io.flotilla.raft.sim;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Makes happen, at random moments, what {@link Faults} allows, until it is told to stop. */
public final class FaultSchedule {
  private final World world;
  private final SimNetwork<?> network;
  private final List<? extends Victim> replicas;
  private boolean stopped;

  public FaultSchedule(World world, SimNetwork<?> network, List<? extends Victim> replicas) {
    this.world = world;
    this.network = network;
    this.replicas = replicas;
  }

  public void start() {
    Faults.Process often = world.faults().process();
    if (!world.faults().partitions().isEmpty()) {
      repeat(often.partitionEvery(), this::partition);
    }
    repeat(often.crashEvery(), this::crash);
    repeat(often.pauseEvery(), this::pause);
    repeat(often.campaignEvery(), this::campaign);
    repeat(often.cutEvery(), this::cutLogs);
    repeat(often.changeEvery(), () -> replicas.forEach(Victim::changeMembers));
    repeat(often.handOverEvery(), () -> replicas.forEach(Victim::handOver));
    repeat(often.loseDiskEvery(), this::loseDisk);
    repeat(often.hangDiskEvery(), this::hangDisk);
  }

  /** Everything works again. */
  public void stop() {
    stopped = true;
    network.mend();
    for (Victim replica : replicas) {
      if (!replica.isUp()) {
        replica.start();
      }
      replica.resume();
      replica.diskGetsOn();
    }
  }

  private void repeat(int everyTicks, Runnable fault) {
    if (everyTicks > 0) {
      world
          .clock()
          .after(
              world.chance().between(1, world.ticks(2L * everyTicks)),
              () -> {
                if (!stopped) {
                  fault.run();
                  repeat(everyTicks, fault);
                }
              });
    }
  }

  private void partition() {
    Faults.Partition[] kinds = world.faults().partitions().toArray(Faults.Partition[]::new);
    Faults.Partition kind = world.chance().oneOf(kinds);
    if (!world.chance().happens(0.2)) {
      network.mend(); // now and then one comes upon another
    }
    cut(kind);
    world.counts().add(FaultKind.PARTITION);
    world.trace().add("partition", 0, kind.name().hashCode(), 0, kind::name);
    world.clock().after(duration(40), () -> ifNotStopped(network::mend));
  }

  private void cut(Faults.Partition kind) {
    int one = any().id();
    switch (kind) {
      case ISOLATE_ONE -> network.isolate(one);
      case ISOLATE_LEADER ->
          replicas.stream().filter(Victim::leads).forEach(r -> network.isolate(r.id()));
      case HALVES -> network.split(randomSide(), 0);
      case BRIDGE -> network.split(randomSide(), one);
      case ONE_WAY_IN -> replicas.forEach(other -> network.cutOneWay(other.id(), one));
      case ONE_WAY_OUT -> replicas.forEach(other -> network.cutOneWay(one, other.id()));
      case RANDOM_LINKS -> randomLinks();
    }
  }

  private Set<Integer> randomSide() {
    Set<Integer> side = new HashSet<>();
    for (Victim replica : replicas) {
      if (world.chance().happens(0.5)) {
        side.add(replica.id());
      }
    }
    return side;
  }

  private void randomLinks() {
    for (Victim from : replicas) {
      for (Victim to : replicas) {
        if (world.chance().happens(0.3)) {
          network.cutOneWay(from.id(), to.id());
        }
      }
    }
  }

  private void crash() {
    int how = world.chance().below(13);
    if (how == 0) {
      replicas.forEach(this::crash);
    } else if (how < 3) {
      replicas.stream().filter(r -> world.chance().happens(0.6)).forEach(this::crash);
    } else if (how < 6) {
      replicas.stream().filter(Victim::leads).forEach(this::crash);
    } else if (how < 10) {
      crash(any());
    } else {
      Victim victim = any();
      victim.whileKeepingATerm(() -> ifNotStopped(() -> crash(victim)));
    }
  }

  private void crash(Victim replica) {
    if (replica.isUp()) {
      replica.crash();
      world.counts().add(FaultKind.CRASH);
      startLater(replica);
    }
  }

  private void startLater(Victim replica) {
    world
        .clock()
        .after(
            duration(world.chance().oneOf(1, 10, 40)),
            () ->
                ifNotStopped(
                    () -> {
                      if (!replica.isUp()) {
                        replica.start();
                      }
                    }));
  }

  private void loseDisk() {
    Victim replica = any();
    if (replica.loseDisk()) {
      world.counts().add(FaultKind.DISK_LOSS);
      startLater(replica);
    }
  }

  private void hangDisk() {
    Victim replica = any();
    if (replica.isUp()) {
      replica.hangDisk();
      world.counts().add(FaultKind.DISK_HANG);
      world.clock().after(duration(120), () -> ifNotStopped(replica::diskGetsOn));
    }
  }

  private void pause() {
    Victim replica = any();
    if (replica.isUp()) {
      replica.pause();
      world.counts().add(FaultKind.PAUSE);
      world.clock().after(duration(40), () -> ifNotStopped(replica::resume));
    }
  }

  private void campaign() {
    Victim replica = any();
    if (replica.isUp()) {
      replica.campaign();
      world.counts().add(FaultKind.CAMPAIGN);
    }
  }

  /**
   * Cuts some logs, where their own state no longer needs them, so that who needs more than they
   * hold has to fetch a snapshot; or only where nobody needs them. And somebody may come back from
   * a fetch that nobody remembers.
   */
  private void cutLogs() {
    long everybody = replicas.stream().mapToLong(Victim::flushedIndex).min().orElse(0);
    boolean careful = world.chance().happens(0.3);
    for (Victim replica : replicas) {
      long safe = careful ? everybody : replica.flushedIndex();
      if (safe > 0 && world.chance().happens(0.5)) {
        replica.truncate(safe - world.chance().below((int) Math.min(safe, 3)));
      }
    }
    if (world.chance().happens(0.3)) {
      any().fetch(any().id());
    }
  }

  private void ifNotStopped(Runnable action) {
    if (!stopped) {
      action.run();
    }
  }

  private long duration(int ticksMax) {
    return world.chance().between(1, world.ticks(ticksMax));
  }

  private Victim any() {
    return replicas.get(world.chance().below(replicas.size()));
  }
}
