package io.flotilla.router.gateway;

import io.netty.handler.codec.redis.RedisMessage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One command of a connection, from its arrival to its reply. Belongs to the connection's loop. */
final class Task {
  private final @Nullable Work work;
  private final int requestBytes;
  private final List<Task> waiters = new ArrayList<>(1);
  private int blockers;
  private boolean alone;
  private boolean begun;
  private @Nullable RedisMessage reply;
  private long replyBytes;

  private Task(@Nullable Work work, int requestBytes, @Nullable RedisMessage reply) {
    this.work = work;
    this.requestBytes = requestBytes;
    this.reply = reply;
    this.replyBytes = reply == null ? 0 : Replies.bytes(reply);
  }

  static Task answered(RedisMessage reply) {
    return new Task(null, 0, reply);
  }

  static Task of(Work work, int requestBytes) {
    return new Task(work, requestBytes, null);
  }

  Work work() {
    if (work == null) {
      throw new IllegalStateException("a command that needs the store has none");
    }
    return work;
  }

  int requestBytes() {
    return requestBytes;
  }

  @Nullable RedisMessage reply() {
    return reply;
  }

  /** 0 until there is a reply. */
  long replyBytes() {
    return replyBytes;
  }

  void answer(RedisMessage message) {
    reply = message;
    replyBytes = Replies.bytes(message);
  }

  /** This one begins only after {@code earlier}. */
  void waitFor(Task earlier) {
    if (!earlier.waiters.contains(this)) {
      earlier.waiters.add(this);
      blockers++;
    }
  }

  boolean isBlocked() {
    return blockers > 0;
  }

  void begin() {
    begun = true;
  }

  /** Nothing was done; to be begun once more, never together with its neighbours. */
  void beginAgainAlone() {
    begun = false;
    alone = true;
  }

  /** Those that waited for this one, now wait for nothing, and have not begun in a row with it. */
  List<Task> release() {
    List<Task> free = new ArrayList<>(waiters.size());
    for (Task waiter : waiters) {
      if (--waiter.blockers == 0 && !waiter.begun) {
        free.add(waiter);
      }
    }
    waiters.clear();
    return free;
  }

  /** The next command on the same one key, if it can be carried out in one with this one. */
  @Nullable Task neighbour() {
    if (waiters.size() != 1) {
      return null;
    }
    Task next = waiters.get(0);
    return next.blockers == 1 && canJoin() && next.canJoin() && sameKind(next) ? next : null;
  }

  private boolean canJoin() {
    return !alone
        && (work instanceof Work.Read || (work instanceof Work.Write write && write.mergeable()));
  }

  private boolean sameKind(Task next) {
    return work().writes() == next.work().writes();
  }
}
