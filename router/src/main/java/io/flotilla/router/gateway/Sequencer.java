package io.flotilla.router.gateway;

import io.flotilla.router.client.BatchResult;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.client.Mutation;
import io.netty.handler.codec.redis.RedisMessage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Carries out the commands of one connection, as many at once as can be without the connection
 * noticing.
 *
 * <p>Two commands that share a key run in the order in which they came, one after the other: each
 * waits for the latest earlier one on each of its keys. A command on all keys waits for all before
 * it, and all after it wait for it. Commands on different keys run together. What waits in a row on
 * one key is carried out in one when its turn comes: reads by one look, unconditional writes by one
 * atomic batch. If the store refuses such a batch for what one of its writes says, nothing of it
 * was done, and they run one by one.
 *
 * <p>Belongs to the connection's loop; the store's answers are brought there.
 */
final class Sequencer {
  private static final int MERGED_MAX = 128;
  private static final int MERGED_BYTES_MAX = 256 << 10;

  private final KvClient kv;
  private final Executor loop;
  private final BooleanSupplier mayBegin;
  private final ReplyBudget budget;
  private final Runnable onAnswer;

  private final Map<Bytes, Task> latest = new HashMap<>();
  private final ArrayDeque<Task> ready = new ArrayDeque<>();
  private final ArrayDeque<Task> arrived = new ArrayDeque<>();
  private int unfinished; // those that were taken out of `arrived` and have no reply
  private int underWay;
  private boolean barrier;

  /**
   * @param loop the connection's loop
   * @param mayBegin asked before each command
   * @param budget told of each reply
   * @param onAnswer called after replies have come; is to call {@link #begin}
   */
  Sequencer(
      KvClient kv, Executor loop, BooleanSupplier mayBegin, ReplyBudget budget, Runnable onAnswer) {
    this.kv = kv;
    this.loop = loop;
    this.mayBegin = mayBegin;
    this.budget = budget;
    this.onAnswer = onAnswer;
  }

  /** Takes the next command. It begins with the next {@link #begin} that allows it. */
  void add(Task task) {
    arrived.add(task);
  }

  /** Commands that the store is carrying out; some may share one operation. */
  int underWay() {
    return underWay;
  }

  /** Begins whatever may begin. */
  void begin() {
    admit();
    while (!ready.isEmpty() && mayBegin.getAsBoolean()) {
      run(ready.remove());
      admit();
    }
  }

  private void admit() {
    while (!arrived.isEmpty() && !barrier) {
      Task next = arrived.element();
      if (next.work() instanceof Work.Everything) {
        if (unfinished > 0) {
          return;
        }
        barrier = true;
      }
      arrived.remove();
      unfinished++;
      for (Bytes key : next.work().keys()) {
        Task earlier = latest.put(key, next);
        if (earlier != null) {
          next.waitFor(earlier);
        }
      }
      if (!next.isBlocked()) {
        ready.add(next);
      }
    }
  }

  private void run(Task first) {
    List<Task> row = rowFrom(first);
    Work work = first.work();
    if (work instanceof Work.Read read) {
      ask(row, () -> kv.get(read.key()), value -> looked(row, value));
    } else if (row.size() > 1) {
      List<Mutation> mutations = row.stream().map(task -> write(task).mutation()).toList();
      ask(row, () -> kv.batch(mutations), result -> written(row, result));
    } else if (work instanceof Work.Write write) {
      ask(
          row,
          () -> SingleWrite.run(kv, write.mutation()),
          outcome -> finish(first, write.reply().apply(outcome)));
    } else if (work instanceof Work.Several several) {
      ask(row, () -> several.run().apply(kv), reply -> finish(first, reply));
    } else if (work instanceof Work.Everything everything) {
      ask(row, () -> everything.run().apply(kv), reply -> finish(first, reply));
    }
  }

  private List<Task> rowFrom(Task first) {
    List<Task> row = new ArrayList<>(1);
    begin(first, row);
    long bytes = first.requestBytes();
    for (Task next = first.neighbour(); next != null; next = next.neighbour()) {
      bytes += next.requestBytes();
      boolean full = row.size() == MERGED_MAX || bytes > MERGED_BYTES_MAX;
      if (full || !mayBegin.getAsBoolean()) {
        break;
      }
      begin(next, row);
    }
    return row;
  }

  private void begin(Task task, List<Task> row) {
    row.add(task);
    task.begin();
    underWay++;
  }

  /** Asks the store, and brings its answer to the loop. */
  private <T> void ask(
      List<Task> row, Supplier<CompletableFuture<T>> question, Consumer<T> onAnswered) {
    CompletableFuture<T> answer;
    try {
      answer = question.get();
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    answer.whenComplete(
        (value, thrown) ->
            loop.execute(
                () -> {
                  if (thrown != null) {
                    failed(row, thrown);
                  } else {
                    onAnswered.accept(value);
                  }
                  onAnswer.run();
                }));
  }

  private void looked(List<Task> row, Optional<Bytes> value) {
    for (Task task : row) {
      finish(task, ((Work.Read) task.work()).reply().apply(value));
    }
  }

  private void written(List<Task> row, BatchResult result) {
    if (!result.applied()) {
      runOneByOne(row);
      return;
    }
    for (int i = 0; i < row.size(); i++) {
      finish(row.get(i), write(row.get(i)).reply().apply(result.outcomes().get(i)));
    }
  }

  private void failed(List<Task> row, Throwable failure) {
    if (row.size() > 1 && row.get(0).work().writes() && ErrorWords.isInvalid(failure)) {
      runOneByOne(row);
      return;
    }
    for (Task task : row) {
      boolean writes = task.work().writes();
      finish(
          task, Replies.error(writes ? ErrorWords.ofWrite(failure) : ErrorWords.ofRead(failure)));
    }
  }

  /** Nothing of the row was done. Each still waits for the one before it. */
  private void runOneByOne(List<Task> row) {
    underWay -= row.size();
    row.forEach(Task::beginAgainAlone);
    ready.addFirst(row.get(0));
  }

  private void finish(Task task, RedisMessage reply) {
    underWay--;
    unfinished--;
    task.answer(reply);
    budget.learn(task.replyBytes());
    budget.hold(task.replyBytes());
    for (Bytes key : task.work().keys()) {
      latest.remove(key, task);
    }
    ready.addAll(task.release());
    if (task.work() instanceof Work.Everything) {
      barrier = false;
    }
  }

  private static Work.Write write(Task task) {
    return (Work.Write) task.work();
  }
}
