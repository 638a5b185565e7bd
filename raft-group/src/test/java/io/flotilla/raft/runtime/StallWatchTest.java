package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who is taken for stuck. The test does the looking, so that it says how long a turn takes. */
class StallWatchTest {
  private static final int LOOKS = StallWatch.LOOKS_MAX;

  /** Is in its next turn until the test ends it, with as much work done as the test says. */
  private static final class HeldAgent implements Agent {
    private final BlockingQueue<String> begun = new LinkedBlockingQueue<>();
    private final BlockingQueue<Integer> ends = new LinkedBlockingQueue<>();
    private final Doorbell doorbell = new Doorbell();

    @Override
    public String name() {
      return "held";
    }

    @Override
    public int turn() {
      begun.add("begun");
      return uninterruptibly(ends);
    }

    void awaitTurn() {
      uninterruptibly(begun);
    }

    void endTurn(int work) {
      ends.add(work);
    }

    @Override
    public long idleNanos() {
      return Long.MAX_VALUE;
    }

    @Override
    public Doorbell doorbell() {
      return doorbell;
    }

    private static <T> T uninterruptibly(BlockingQueue<T> queue) {
      try {
        T taken = queue.poll(30, TimeUnit.SECONDS);
        if (taken == null) {
          throw new AssertionError("nothing came");
        }
        return taken;
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private final Queue<Throwable> stalls = new ConcurrentLinkedQueue<>();
  private final Queue<Throwable> ends = new ConcurrentLinkedQueue<>();
  private final HeldAgent agent = new HeldAgent();
  private final AgentThread thread = new AgentThread(agent, ends::add);
  private final ManualLog log = new ManualLog();
  private final DiskWatch disk = new DiskWatch(log);
  private final StallWatch watch = new StallWatch(List.of(thread), disk, stalls::add);

  @AfterEach
  void close() {
    thread.stop();
    for (int i = 0; i < 100; i++) { // as many as it may still want to idle through
      agent.endTurn(0);
    }
    thread.join();
    watch.stop();
  }

  private void look(int times) {
    for (int i = 0; i < times; i++) {
      watch.look();
    }
  }

  @Test
  void whoIsInOneTurnForTooLongIsStuckAndSoIsToldWhere() {
    thread.start();
    agent.awaitTurn();
    look(1); // only now it is known in which turn it is
    look(LOOKS - 1);
    assertThat(stalls).isEmpty();
    look(1);
    assertThat(stalls).hasSize(1);
    Throwable stall = stalls.element();
    assertThat(stall).hasMessage("held has been in one turn for " + LOOKS + " s or more");
    assertThat(stall.getStackTrace())
        .extracting(StackTraceElement::getMethodName)
        .contains("turn", "run");
    look(3 * LOOKS);
    assertThat(stalls).as("told once: the process ends").hasSize(1);
  }

  @Test
  void eachTurnBeginsTheCountAnew() {
    thread.start();
    agent.awaitTurn();
    for (int turn = 0; turn < 3; turn++) {
      look(LOOKS);
      agent.endTurn(1);
      agent.awaitTurn();
    }
    look(LOOKS);
    assertThat(stalls).isEmpty();
    look(1);
    assertThat(stalls).hasSize(1);
  }

  @Test
  void whoSleepsIsNotStuck() {
    for (int i = 0; i < 100; i++) {
      agent.endTurn(0);
    }
    thread.start();
    await().atMost(Duration.ofSeconds(30)).until(thread::isAsleep);
    look(3 * LOOKS);
    assertThat(stalls).isEmpty();
  }

  @Test
  void whoHasEndedIsNotStuck() {
    thread.start();
    agent.awaitTurn();
    look(LOOKS);
    thread.stop();
    agent.endTurn(1);
    thread.join();
    look(3 * LOOKS);
    assertThat(stalls).isEmpty();
    assertThat(ends).isEmpty();
  }

  @Test
  void oneThatIsStuckIsFoundAmongOthersThatAreNot() {
    HeldAgent other = new HeldAgent();
    AgentThread busy = new AgentThread(other, ends::add);
    StallWatch both = new StallWatch(List.of(busy, thread), disk, stalls::add);
    thread.start();
    busy.start();
    agent.awaitTurn();
    for (int i = 0; i <= LOOKS; i++) {
      assertThat(stalls).isEmpty();
      other.awaitTurn();
      both.look();
      other.endTurn(1);
    }
    assertThat(stalls).hasSize(1);
    busy.stop();
    other.endTurn(1);
    busy.join();
  }

  @Test
  void nobodyIsStuckOnceTheWatchIsStopped() {
    thread.start();
    agent.awaitTurn();
    look(LOOKS);
    watch.stop();
    look(LOOKS);
    assertThat(stalls).isEmpty();
  }

  @Test
  void theWatchLooksByItself() {
    thread.start();
    agent.awaitTurn();
    StallWatch hasty = new StallWatch(List.of(thread), disk, stalls::add, 1000);
    hasty.start();
    await().atMost(Duration.ofSeconds(30)).until(() -> !stalls.isEmpty());
    assertThat(stalls).hasSize(1);
    hasty.stop();
  }

  @Test
  void aDiskThatHangsEndsTheProcess() {
    log.append(List.of(), () -> {});
    look(LOOKS);
    assertThat(stalls).isEmpty();
    look(1);
    assertThat(stalls).hasSize(1);
    assertThat(stalls.element())
        .hasMessage("the disk of the log has been at one write for " + LOOKS + " s or more");
    look(3 * LOOKS);
    assertThat(stalls).as("told once: the process ends").hasSize(1);
  }

  @Test
  void aDiskThatIsNeverDoneButGetsOnDoesNotHang() {
    log.append(List.of(), () -> {});
    for (int i = 0; i < 5; i++) {
      look(LOOKS);
      log.append(List.of(), () -> {});
      log.makeDurable(log.waiting.get(0));
    }
    assertThat(stalls).isEmpty();
    look(LOOKS + 1);
    assertThat(stalls).hasSize(1);
  }

  @Test
  void aDiskThatHasNothingToDoDoesNotHang() {
    log.append(List.of(), () -> {});
    look(LOOKS);
    log.makeAllDurable();
    look(3 * LOOKS);
    assertThat(stalls).isEmpty();
  }
}
