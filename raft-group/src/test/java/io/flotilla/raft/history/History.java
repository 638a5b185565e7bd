package io.flotilla.raft.history;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Records what clients ask and are told. Any thread may use it; each {@link Call} belongs to one at
 * a time. What has not been answered when the history is looked at is of unknown outcome.
 */
public final class History {
  private final LongSupplier clock;
  private final ConcurrentLinkedQueue<Call> calls = new ConcurrentLinkedQueue<>();
  private final AtomicLong answered = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();

  /** Time is the order of events. */
  public History() {
    this(new AtomicLong()::incrementAndGet);
  }

  /**
   * @param clock never goes back, whichever thread asks
   */
  public History(LongSupplier clock) {
    this.clock = clock;
  }

  /** An operation from its invocation on. */
  public final class Call {
    private final int client;
    private final String key;
    private final Action action;
    private final long invoked;
    private volatile Operation operation;
    private volatile boolean never;

    private Call(int client, String key, Action action) {
      this.client = client;
      this.key = key;
      this.action = action;
      this.invoked = clock.getAsLong();
      this.operation =
          new Operation(client, key, action, invoked, Operation.NEVER, Outcome.unknown());
    }

    /** It was answered; again, after a retry, adds nothing. */
    public void returned(Outcome outcome) {
      if (!operation.isKnown() && !(outcome instanceof Outcome.Unknown)) {
        operation = new Operation(client, key, action, invoked, clock.getAsLong(), outcome);
        answered.incrementAndGet();
      }
    }

    /** The client was told for certain that it has not taken effect and never will. */
    public void refused() {
      if (!never) {
        never = true;
        refused.incrementAndGet();
      }
    }

    @Override
    public String toString() {
      return operation + " of key " + key;
    }
  }

  /** To be called before anything is sent. */
  public Call invoke(int client, String key, Action action) {
    Call call = new Call(client, key, action);
    calls.add(call);
    return call;
  }

  /** What has been recorded so far. */
  public List<Operation> operations() {
    List<Operation> operations = new ArrayList<>();
    for (Call call : calls) {
      if (!call.never) {
        operations.add(call.operation);
      }
    }
    return operations;
  }

  /** Operations of which it is certain that they have not taken effect, and so say nothing. */
  public long refused() {
    return refused.get();
  }

  /** Operations that were answered. */
  public long answered() {
    return answered.get();
  }
}
