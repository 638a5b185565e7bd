package io.flotilla.raft.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Histories as a right register would cause them: each operation takes effect at one drawn moment
 * between its invocation and its return, whatever else is under way.
 */
final class RandomHistories {
  private record Plan(int client, Action action, long invoked, long effect, long returned) {}

  private final SplittableRandom random;
  private final int clients;
  private final double unknown;
  private final int values;
  private int written;

  /**
   * @param unknown share of operations whose client is told nothing; half of them take effect, some
   *     much later
   * @param values how many different ones are written; 0: each once
   */
  RandomHistories(long seed, int clients, double unknown, int values) {
    this.random = new SplittableRandom(seed);
    this.clients = clients;
    this.unknown = unknown;
    this.values = values;
  }

  List<Operation> next(int operations) {
    List<Plan> plans = new ArrayList<>();
    long[] free = new long[clients];
    for (int i = 0; i < operations; i++) {
      int client = i % clients;
      long invoked = free[client] + 1 + random.nextInt(20);
      long returned = invoked + 1 + random.nextInt(50);
      free[client] = returned;
      if (random.nextDouble() < unknown) {
        long effect =
            random.nextBoolean() ? Operation.NEVER : invoked + random.nextInt(40 * clients);
        plans.add(new Plan(client, action(), invoked, effect, Operation.NEVER));
      } else {
        long effect = invoked + random.nextLong(returned - invoked + 1);
        plans.add(new Plan(client, action(), invoked, effect, returned));
      }
    }
    return takeEffect(plans);
  }

  private static List<Operation> takeEffect(List<Plan> plans) {
    List<Operation> history = new ArrayList<>();
    Value value = Value.ABSENT;
    plans.sort(Comparator.comparingLong(Plan::effect));
    for (Plan plan : plans) {
      Outcome told = Outcome.unknown();
      if (plan.effect() != Operation.NEVER) {
        Action.Step step = plan.action().step(value);
        value = step.after();
        told = plan.returned() == Operation.NEVER ? told : step.told();
      }
      history.add(
          new Operation(plan.client(), "k", plan.action(), plan.invoked(), plan.returned(), told));
    }
    return history;
  }

  private Value value() {
    return Value.of(values == 0 ? ++written : random.nextInt(values));
  }

  private Action action() {
    int kind = random.nextInt(10);
    if (kind < 4) {
      return new Action.Get();
    }
    return switch (kind) {
      case 4 -> new Action.Delete();
      case 5 -> new Action.CompareAndSet(value(), value());
      case 6 -> new Action.Increment(1);
      case 7 -> values > 0 ? new Action.Append("0") : new Action.Put(value());
      default -> new Action.Put(value());
    };
  }
}
