package io.flotilla.rpc;

import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that answers of all connections of a server may take while they wait to be written.
 * Beyond it, the connection that holds the most is closed: what it asked for is of unknown outcome
 * then, as when the network fails. Any thread.
 */
final class AnswerMemory {
  private final long bytesMax;
  private final AtomicLong used = new AtomicLong();
  private final Set<ServerCalls> users = ConcurrentHashMap.newKeySet();

  AnswerMemory(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  long usedBytes() {
    return used.get();
  }

  void enter(ServerCalls user) {
    users.add(user);
  }

  void leave(ServerCalls user) {
    users.remove(user);
  }

  void take(long bytes) {
    if (used.addAndGet(bytes) > bytesMax) {
      relieve();
    }
  }

  void giveBack(long bytes) {
    used.addAndGet(-bytes);
  }

  /** One at a time, so that what is about to be given back is not asked of others, too. */
  private synchronized void relieve() {
    long closing =
        users.stream().filter(ServerCalls::isGivenUp).mapToLong(ServerCalls::waitingBytes).sum();
    if (used.get() - closing <= bytesMax) {
      return;
    }
    Optional<ServerCalls> most =
        users.stream()
            .filter(user -> !user.isGivenUp())
            .max(Comparator.comparingLong(ServerCalls::waitingBytes));
    most.ifPresent(user -> user.giveUp("the answers of all connections have " + bytesMax));
  }
}
