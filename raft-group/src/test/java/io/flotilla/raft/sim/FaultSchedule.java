package io.flotilla.raft.sim;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Makes happen to hosts and their network, at random moments, what {@link Faults} allows, until it
 * is told to stop.
 */
public final class FaultSchedule {
  private final World world;
  private final SimNetwork<?> network;
  private final List<? extends Victim> victims;
  private final List<Other> others = new ArrayList<>();
  private boolean stopped;

  private record Other(int everyTicks, Runnable fault) {}

  public FaultSchedule(World world, SimNetwork<?> network, List<? extends Victim> victims) {
    this.world = world;
    this.network = network;
    this.victims = victims;
  }

  public void start() {
    Faults.Process often = world.faults().process();
    if (!world.faults().partitions().isEmpty()) {
      repeat(often.partitionEvery(), this::partition);
    }
    repeat(often.crashEvery(), this::crash);
    repeat(often.pauseEvery(), this::pause);
    others.forEach(other -> repeat(other.everyTicks(), other.fault()));
  }

  /**
   * One more kind of fault, beside those of hosts; before the start.
   *
   * @param everyTicks mean ticks between two of them; 0: never
   */
  void add(int everyTicks, Runnable fault) {
    others.add(new Other(everyTicks, fault));
  }

  /** Everything works again. */
  public void stop() {
    stopped = true;
    network.mend();
    victims.forEach(Victim::heal);
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
    later(40, network::mend);
  }

  private void cut(Faults.Partition kind) {
    int one = any().id();
    switch (kind) {
      case ISOLATE_ONE -> network.isolate(one);
      case ISOLATE_LEADER ->
          victims.stream().filter(Victim::leads).forEach(r -> network.isolate(r.id()));
      case HALVES -> network.split(randomSide(), 0);
      case BRIDGE -> network.split(randomSide(), one);
      case ONE_WAY_IN -> victims.forEach(other -> network.cutOneWay(other.id(), one));
      case ONE_WAY_OUT -> victims.forEach(other -> network.cutOneWay(one, other.id()));
      case RANDOM_LINKS -> randomLinks();
    }
  }

  private Set<Integer> randomSide() {
    Set<Integer> side = new HashSet<>();
    for (Victim victim : victims) {
      if (world.chance().happens(0.5)) {
        side.add(victim.id());
      }
    }
    return side;
  }

  private void randomLinks() {
    for (Victim from : victims) {
      for (Victim to : victims) {
        if (world.chance().happens(0.3)) {
          network.cutOneWay(from.id(), to.id());
        }
      }
    }
  }

  private void crash() {
    int how = world.chance().below(13);
    if (how == 0) {
      victims.forEach(this::crash);
    } else if (how < 3) {
      victims.stream().filter(r -> world.chance().happens(0.6)).forEach(this::crash);
    } else if (how < 6) {
      victims.stream().filter(Victim::leads).forEach(this::crash);
    } else if (how < 10) {
      crash(any());
    } else {
      Victim victim = any();
      victim.whileKeepingATerm(() -> ifNotStopped(() -> crash(victim)));
    }
  }

  private void crash(Victim victim) {
    if (victim.isUp()) {
      victim.crash();
      world.counts().add(FaultKind.CRASH);
      startLater(victim);
    }
  }

  /** One that went down. */
  void startLater(Victim victim) {
    later(
        world.chance().oneOf(1, 10, 40),
        () -> {
          if (!victim.isUp()) {
            victim.start();
          }
        });
  }

  /** Ends a fault within so many ticks, unless all faults end before. */
  void later(int ticksMax, Runnable end) {
    world.clock().after(world.chance().between(1, world.ticks(ticksMax)), () -> ifNotStopped(end));
  }

  private void pause() {
    Victim victim = any();
    if (victim.isUp()) {
      victim.pause();
      world.counts().add(FaultKind.PAUSE);
      later(40, victim::resume);
    }
  }

  private void ifNotStopped(Runnable action) {
    if (!stopped) {
      action.run();
    }
  }

  private Victim any() {
    return victims.get(world.chance().below(victims.size()));
  }
}
