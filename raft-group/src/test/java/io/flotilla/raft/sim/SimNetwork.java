package io.flotilla.raft.sim;

import io.flotilla.raft.sim.Faults.Network;
import java.util.Arrays;
import java.util.Set;

/**
 * A network of hosts numbered from 1 that loses, delays, repeats and reorders, and whose every
 * direction can be cut. A message is lost or delayed when it is sent: what is under way when a link
 * is cut still arrives, which is the harder case.
 *
 * @param <M> what travels
 */
public final class SimNetwork<M> {
  private static final int REMEMBERED = 4096;

  /** Where what arrives goes. */
  public interface Inbox<M> {
    void deliver(int from, int to, M message);
  }

  /** Is told of all that is sent, whether it will arrive or not. */
  public interface Tap<M> {
    void sent(int from, int to, M message);
  }

  private final SimClock clock;
  private final Chance chance;
  private final Inbox<M> inbox;
  private final boolean[][] cut;
  private final Runnable[] recent = new Runnable[REMEMBERED];
  private int sent;
  private Network faults;
  private FaultCounts counts = new FaultCounts();
  private Tap<M> tap = (from, to, message) -> {};

  public SimNetwork(SimClock clock, Chance chance, int hosts, Network faults, Inbox<M> inbox) {
    this.clock = clock;
    this.chance = chance;
    this.inbox = inbox;
    this.faults = faults;
    this.cut = new boolean[hosts + 1][hosts + 1];
  }

  public int hosts() {
    return cut.length - 1;
  }

  public void tap(Tap<M> listener) {
    tap = listener;
  }

  /** Where it counts from now on what it does to messages. */
  public void countIn(FaultCounts elsewhere) {
    counts = elsewhere;
  }

  public void send(int from, int to, M message) {
    tap.sent(from, to, message);
    if (cut[from][to]) {
      counts.add(FaultKind.CUT);
      return;
    }
    if (chance.happens(faults.loss())) {
      counts.add(FaultKind.LOSS);
      return;
    }
    Runnable arrival = () -> inbox.deliver(from, to, message);
    clock.after(delayMicros(), arrival);
    recent[sent++ % REMEMBERED] = arrival;
    if (chance.happens(faults.duplicate())) {
      counts.add(FaultKind.DUPLICATE);
      clock.after(delayMicros(), arrival);
    }
    if (chance.happens(faults.replay())) {
      counts.add(FaultKind.REPLAY);
      clock.after(delayMicros(), recent[chance.below(Math.min(sent, REMEMBERED))]);
    }
  }

  private long delayMicros() {
    Faults.Delay delay = faults.delay();
    return chance.happens(faults.straggle())
        ? chance.between(delay.mostMicros(), delay.stragglerMicros())
        : chance.between(delay.leastMicros(), delay.mostMicros());
  }

  public void faults(Network now) {
    faults = now;
  }

  public void cutOneWay(int from, int to) {
    cut[from][to] = true;
  }

  public void cutBothWays(int one, int other) {
    cutOneWay(one, other);
    cutOneWay(other, one);
  }

  public void isolate(int host) {
    for (int other = 1; other <= hosts(); other++) {
      if (other != host) {
        cutBothWays(host, other);
      }
    }
  }

  /** Cuts {@code side} from the rest; {@code bridge} (0: nobody) still sees and is seen by all. */
  public void split(Set<Integer> side, int bridge) {
    for (int one = 1; one <= hosts(); one++) {
      for (int other = one + 1; other <= hosts(); other++) {
        if (one != bridge && other != bridge && side.contains(one) != side.contains(other)) {
          cutBothWays(one, other);
        }
      }
    }
  }

  public void mend() {
    for (boolean[] row : cut) {
      Arrays.fill(row, false);
    }
  }
}
