package io.flotilla.raft.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.SnapshotReply.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link SnapshotTransport} owes those who ask and answer. Since any of them may lose
 * questions and answers, the tests ask again until they are answered; since any may repeat them, no
 * test counts. A maker's test extends this and says how to open one.
 */
@Timeout(60) // seconds: what blocks for ever fails
public abstract class SnapshotTransportContract {
  private static final NodeId ONE = new NodeId(1);
  private static final NodeId TWO = new NodeId(2);
  private static final SnapshotReply LOST = new SnapshotReply.Refused(Reason.LOST);

  /** A node that asks and answers. */
  protected interface Place {
    SnapshotTransport transport();

    /** Ends its transport and its server. */
    void close();
  }

  /** A question that came, and how to answer it. */
  private record Asked(NodeId from, SnapshotRequest request, Consumer<SnapshotReply> answer) {}

  private final Queue<Asked> asked = new ConcurrentLinkedQueue<>();

  /** A place for a node from 1 to 3, which can reach all other places. */
  protected abstract Place open(NodeId node, SnapshotTransport.Server server) throws IOException;

  protected abstract void closeAll();

  /** Lets time pass until this holds, and fails if it does not for long. */
  protected abstract void until(BooleanSupplier done);

  @AfterEach
  void close() {
    closeAll();
  }

  /** Whose questions wait for the test to answer them. */
  private Place openHolding(NodeId node) throws IOException {
    return open(node, (from, request, answer) -> asked.add(new Asked(from, request, answer)));
  }

  private Place openAsker() throws IOException {
    return openHolding(ONE);
  }

  /** Asks until there is an answer. */
  private SnapshotReply answerTo(Place from, NodeId to, SnapshotRequest request) {
    Queue<SnapshotReply> replies = new ConcurrentLinkedQueue<>();
    until(
        () -> {
          from.transport().ask(to, request, replies::add);
          return replies.stream().anyMatch(reply -> !reply.equals(LOST));
        });
    return replies.stream().filter(reply -> !reply.equals(LOST)).findFirst().orElseThrow();
  }

  private static SnapshotReply piece(SnapshotRequest.Read read) {
    byte[] bytes = new byte[read.bytes()];
    new Random(read.snapshot() * 31 + read.offset()).nextBytes(bytes);
    ByteBuffer data = ByteBuffer.wrap(bytes);
    return new SnapshotReply.Piece(read.snapshot(), read.file(), read.offset(), data, 17);
  }

  private static SnapshotRequest.Read read(int number, int bytes) {
    return new SnapshotRequest.Read(number, number % 3, number * 100L, bytes);
  }

  /** Answers what has come so far, as chance wills. */
  private void answerHeld(Random order) {
    List<Asked> held = new ArrayList<>();
    for (Asked next = asked.poll(); next != null; next = asked.poll()) {
      held.add(next);
    }
    Collections.shuffle(held, order);
    held.forEach(one -> one.answer().accept(piece((SnapshotRequest.Read) one.request())));
  }

  @Test
  public void everyAnswerComesBackAsItWasGiven() throws IOException {
    List<SnapshotReply> answers = new ArrayList<>(List.of(new SnapshotReply.Released()));
    for (Reason reason : Reason.values()) {
      if (reason != Reason.LOST) {
        answers.add(new SnapshotReply.Refused(reason, 1_000 + answers.size()));
      }
    }
    Membership.Member member = new Membership.Member(new ReplicaId(3), 2);
    List<SnapshotFile> files =
        List.of(new SnapshotFile("1.sst", 1L << 40, -5), new SnapshotFile("none", 0, 0));
    answers.add(
        new SnapshotReply.Described(
            new SnapshotManifest(
                -77,
                new GroupId(7),
                1L << 50,
                new Position(1L << 60, 3),
                new Membership(List.of(member), List.of(member), List.of(member)),
                files)));
    answers.add(piece(read(9, 1)));
    answers.add(piece(read(9, SnapshotRequest.Read.BYTES_MAX)));
    open(
        TWO,
        (from, request, answer) ->
            answer.accept(answers.get((int) ((SnapshotRequest.Release) request).snapshot())));
    Place one = openAsker();
    for (int i = 0; i < answers.size(); i++) {
      assertThat(answerTo(one, TWO, new SnapshotRequest.Release(i))).isEqualTo(answers.get(i));
    }
  }

  @Test
  public void everyQuestionArrivesAsItWasAsked() throws IOException {
    Set<SnapshotRequest> questions =
        Set.of(
            new SnapshotRequest.Describe(new GroupId(1L << 50), 1, 0),
            new SnapshotRequest.Describe(new GroupId(7), Long.MAX_VALUE, -77),
            new SnapshotRequest.Read(-77, SnapshotManifest.FILES_MAX - 1, 1L << 50, 1),
            new SnapshotRequest.Read(1, 0, 0, SnapshotRequest.Read.BYTES_MAX),
            new SnapshotRequest.Release(Long.MIN_VALUE));
    Queue<Asked> seen = new ConcurrentLinkedQueue<>();
    open(
        TWO,
        (from, request, answer) -> {
          seen.add(new Asked(from, request, answer));
          answer.accept(new SnapshotReply.Released());
        });
    Place one = openAsker();
    questions.forEach(question -> answerTo(one, TWO, question));
    assertThat(seen.stream().map(Asked::request).collect(Collectors.toSet())).isEqualTo(questions);
    assertThat(seen).allMatch(question -> question.from().equals(ONE));
    assertThat(asked).as("what the asker itself was asked").isEmpty();
  }

  @Test
  public void anAnswerIsItsOwnQuestions() throws IOException {
    openHolding(TWO);
    Place one = openAsker();
    Random order = new Random(3);
    Map<SnapshotRequest.Read, Queue<SnapshotReply>> told = new HashMap<>();
    for (int i = 0; i < 100; i++) {
      told.put(read(i, 100), new ConcurrentLinkedQueue<>());
    }
    until(
        () -> {
          told.forEach(
              (read, replies) -> {
                if (!replies.contains(piece(read))) {
                  one.transport().ask(TWO, read, replies::add);
                }
              });
          answerHeld(order);
          return told.entrySet().stream()
              .allMatch(answered -> answered.getValue().contains(piece(answered.getKey())));
        });
    told.forEach((read, replies) -> assertThat(replies).isSubsetOf(piece(read), LOST));
  }

  @Test
  public void moreQuestionsThanAnybodyAnswersNeitherBlockNorThrow() throws IOException {
    openHolding(TWO);
    Place one = openAsker();
    Map<Integer, Queue<SnapshotReply>> told = new HashMap<>();
    for (int i = 0; i < 2_000; i++) {
      Queue<SnapshotReply> replies = new ConcurrentLinkedQueue<>();
      told.put(i, replies);
      one.transport().ask(TWO, read(i, 10), replies::add);
    }
    Random order = new Random(4);
    SnapshotRequest.Read last = read(5_000, 10);
    Queue<SnapshotReply> end = new ConcurrentLinkedQueue<>();
    until(
        () -> {
          answerHeld(order);
          one.transport().ask(TWO, last, end::add);
          return end.contains(piece(last));
        });
    told.forEach((i, replies) -> assertThat(replies).isSubsetOf(piece(read(i, 10)), LOST));
  }

  @Test
  public void whoIsNotThereIsLostOrSilentUntilItIsThere() throws IOException {
    Place one = openAsker();
    Queue<SnapshotReply> replies = new ConcurrentLinkedQueue<>();
    SnapshotRequest release = new SnapshotRequest.Release(1);
    for (long node : new long[] {2, 4, 99, Long.MAX_VALUE}) {
      for (int i = 0; i < 500; i++) {
        one.transport().ask(new NodeId(node), release, replies::add);
      }
    }
    open(TWO, (from, request, answer) -> answer.accept(new SnapshotReply.Released()));
    assertThat(answerTo(one, TWO, release)).isEqualTo(new SnapshotReply.Released());
    assertThat(replies).isSubsetOf(LOST, new SnapshotReply.Released());
  }

  @Test
  public void oneselfIsNotReached() throws IOException {
    Place one = openAsker();
    Queue<SnapshotReply> replies = new ConcurrentLinkedQueue<>();
    one.transport().ask(ONE, new SnapshotRequest.Release(1), replies::add);
    open(TWO, (from, request, answer) -> answer.accept(new SnapshotReply.Released()));
    answerTo(one, TWO, new SnapshotRequest.Release(2));
    assertThat(replies).isSubsetOf(LOST);
    assertThat(asked).isEmpty();
  }

  @Test
  public void afterTheEndNobodyIsAskedAndNothingThrows() throws IOException {
    openHolding(TWO);
    Place one = openAsker();
    Queue<SnapshotReply> replies = new ConcurrentLinkedQueue<>();
    until(
        () -> {
          one.transport().ask(TWO, read(1, 10), replies::add);
          return !asked.isEmpty();
        });
    one.close();
    one.close();
    one.transport().ask(TWO, read(2, 10), replies::add);
    Random order = new Random(5);
    Place three = openHolding(new NodeId(3));
    SnapshotRequest.Read other = read(3, 10);
    Queue<SnapshotReply> answers = new ConcurrentLinkedQueue<>();
    until(
        () -> {
          assertThat(asked).noneMatch(question -> question.request().equals(read(2, 10)));
          answerHeld(order);
          three.transport().ask(TWO, other, answers::add);
          return answers.contains(piece(other));
        });
    assertThat(replies).as("told to who has ended").isSubsetOf(LOST);
  }

  /** As after a crash of either, a reader goes on where it was. */
  @Test
  public void whoComesBackAnswersAndAsksOn() throws IOException {
    Place two = openHolding(TWO);
    Place one = openAsker();
    Queue<SnapshotReply> replies = new ConcurrentLinkedQueue<>();
    until(
        () -> {
          one.transport().ask(TWO, read(1, 10), replies::add);
          return !asked.isEmpty();
        });
    two.close();
    answerHeld(new Random(6));
    open(TWO, (from, request, answer) -> answer.accept(piece((SnapshotRequest.Read) request)));
    assertThat(answerTo(one, TWO, read(2, 10))).isEqualTo(piece(read(2, 10)));
    assertThat(replies).isSubsetOf(piece(read(1, 10)), LOST);
    one.close();
    Place again = openAsker();
    assertThat(answerTo(again, TWO, read(3, 10))).isEqualTo(piece(read(3, 10)));
  }
}
