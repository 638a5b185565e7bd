package io.flotilla.deploy.whole;

import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.Victim;
import io.flotilla.raft.sim.WallClocks;
import io.flotilla.raft.sim.World;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A host of the simulated network, and the process on it, which may crash and start again, pause
 * and go on. One thread.
 */
abstract class SimProcess implements Victim {
  /** From a start to a crash. */
  static final class Life {}

  protected final World world;
  private final int id;
  private final String address;
  private final LongSupplier wallMillis;
  private final ArrayDeque<Runnable> missed = new ArrayDeque<>();
  private final List<Runnable> onCrash = new ArrayList<>();
  private @Nullable Life life;
  private boolean paused;
  private SimServer server = new SimServer();

  SimProcess(World world, WallClocks wallClocks, int id, String address) {
    this.world = world;
    this.wallMillis = wallClocks.of(id);
    this.id = id;
    this.address = address;
  }

  @Override
  public final int id() {
    return id;
  }

  /** Where it listens. */
  final String address() {
    return address;
  }

  @Override
  public final boolean isUp() {
    return life != null;
  }

  final @Nullable Life life() {
    return life;
  }

  /** What it answers in this life. */
  final SimServer server() {
    return server;
  }

  /** Starts, unless it was started already or never will be again. */
  @Override
  public final void start() {
    if (life == null && mayStart()) {
      world.trace().add("start", id, 0, 0, () -> address);
      life = new Life();
      server = new SimServer();
      begin(life);
      wake();
    }
  }

  boolean mayStart() {
    return true;
  }

  abstract void begin(Life born);

  /** The power is gone: what only memory holds. */
  abstract void end();

  /** Something may have come in. */
  void wake() {}

  @Override
  public final void crash() {
    if (life != null) {
      world.trace().add("crash", id, 0, 0, () -> address);
      life = null;
      paused = false;
      missed.clear();
      end();
      List<Runnable> told = List.copyOf(onCrash);
      onCrash.clear();
      told.forEach(Runnable::run);
    }
  }

  /** When this life ends: connections break. */
  final void onCrash(Runnable action) {
    onCrash.add(action);
  }

  /** What was to be done at a crash need not be done any more. */
  final void forget(Runnable action) {
    onCrash.remove(action);
  }

  /** Lets something happen to one life: now, when it goes on, or never. */
  final void during(@Nullable Life born, Runnable action) {
    if (born == life && born != null && paused) {
      missed.add(() -> during(born, action));
    } else if (born == life && born != null) {
      action.run();
      wake();
    }
  }

  final Consumer<Runnable> during(Life born) {
    return action -> during(born, action);
  }

  /** The same for its own agents, which wake each other. */
  final void duringTurn(Life born, Runnable action) {
    if (born == life && paused) {
      missed.add(() -> duringTurn(born, action));
    } else if (born == life) {
      action.run();
    }
  }

  final SimLoop newLoop(Life born) {
    Chance own = world.chance().fork();
    return new SimLoop(world.clock(), own, during(born));
  }

  final long nanos() {
    return world.clock().nowMicros() * 1000;
  }

  /** What time of day it believes that it is. */
  final long wallMillis() {
    return wallMillis.getAsLong();
  }

  final void fatal(Throwable failure) {
    throw new AssertionError("FATAL at " + address, failure);
  }

  @Override
  public final void pause() {
    paused = life != null;
  }

  @Override
  public final void resume() {
    paused = false;
    while (!paused && !missed.isEmpty()) {
      missed.remove().run();
    }
  }

  @Override
  public final void whileKeepingATerm(Runnable action) {
    world.clock().after(world.chance().between(0, world.ticks(1)), action);
  }
}
