package io.flotilla.raft.runtime;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Those who want an agent's attention, each at most once. A call carries no message: the agent
 * looks at the caller to see what is new. Hence it needs no bound beyond the number of callers, no
 * allocation, and loses nothing. Any number of threads call; one agent (or a pool that shares the
 * work) takes.
 */
final class Summons<T> {
  /** One caller's place. */
  static final class Call<T> {
    private final T caller;
    private final AtomicBoolean raised = new AtomicBoolean();
    private @Nullable Call<T> below;

    Call(T caller) {
      this.caller = caller;
    }
  }

  private final AtomicReference<@Nullable Call<T>> top = new AtomicReference<>();
  private final Doorbell doorbell;

  Summons(Doorbell doorbell) {
    this.doorbell = doorbell;
  }

  /** Everything the calling thread did before is seen by the agent when it attends. */
  void raise(Call<T> call) {
    if (!call.raised.getAndSet(true)) {
      Call<T> was;
      do {
        was = top.get();
        call.below = was;
      } while (!top.compareAndSet(was, call));
      doorbell.ring();
    }
  }

  /** Attends to all who called, first come first served, and says how many they were. */
  int takeAll(Consumer<T> attend) {
    Call<T> call = top.get() == null ? null : top.getAndSet(null);
    Call<T> reversed = null;
    while (call != null) {
      Call<T> below = call.below;
      call.below = reversed;
      reversed = call;
      call = below;
    }
    int taken = 0;
    while (reversed != null) {
      Call<T> next = reversed.below;
      reversed.below = null;
      reversed.raised.getAndSet(false); // from here on it may call again
      attend.accept(reversed.caller);
      reversed = next;
      taken++;
    }
    return taken;
  }
}
