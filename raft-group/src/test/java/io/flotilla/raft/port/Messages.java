package io.flotilla.raft.port;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.core.ReplicaId;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Messages of all kinds, by chance but from a seed, and whether two of them are equal. */
public final class Messages {
  public static final int KINDS = 12;

  private final Random random;

  public Messages(long seed) {
    this.random = new Random(seed);
  }

  public RaftMessage any() {
    return ofKind(random.nextInt(KINDS));
  }

  public RaftMessage ofKind(int kind) {
    long term = number();
    return switch (kind) {
      case 0 -> new RaftMessage.VoteRequest(term, flip(), flip(), position());
      case 1 -> new RaftMessage.VoteReply(term, flip(), flip());
      case 2 -> append(term);
      case 3 ->
          new RaftMessage.AppendReply(
              term,
              number(),
              flip()
                  ? Optional.of(new RaftMessage.Conflict(number(), number(), number(), number()))
                  : Optional.empty(),
              number(),
              new RaftMessage.Progress(number(), number(), number()));
      case 4 -> new RaftMessage.Heartbeat(term, number(), number());
      case 5 ->
          new RaftMessage.HeartbeatReply(
              term, number(), new RaftMessage.Progress(number(), number(), number()));
      case 6 -> new RaftMessage.ReadIndexRequest(term, random.nextLong());
      case 7 ->
          new RaftMessage.ReadIndexReply(
              term, random.nextLong(), flip() ? Optional.of(number()) : Optional.empty());
      case 8 ->
          new RaftMessage.SnapshotOffer(
              term, position(), new Membership(members(), members(), members()));
      case 9 -> new RaftMessage.TimeoutNow(term);
      case 10 -> new RaftMessage.RemovedRequest(term);
      default -> new RaftMessage.Removed(term);
    };
  }

  /** Entries follow one another in index and in term, up to the message's own. */
  private RaftMessage append(long term) {
    long entryTerm = term >>> random.nextInt(63);
    Position previous = new Position(number(), entryTerm);
    List<Entry> entries = new ArrayList<>();
    int count = term == 0 ? 0 : random.nextInt(5);
    for (int i = 1; i <= count; i++) {
      byte[] payload = new byte[random.nextInt(200)];
      random.nextBytes(payload);
      Entry.Kind kind = Entry.Kind.of(random.nextInt(Entry.Kind.values().length));
      entryTerm = Math.min(term, Math.max(1, entryTerm + random.nextInt(3)));
      entries.add(new Entry(previous.index() + i, entryTerm, kind, payload));
    }
    return new RaftMessage.AppendRequest(term, previous, number(), number(), entries);
  }

  private List<Membership.Member> members() {
    List<Membership.Member> members = new ArrayList<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      members.add(new Membership.Member(new ReplicaId(1 + number()), 1 + number()));
    }
    return members;
  }

  private Position position() {
    return new Position(number(), number());
  }

  private long number() {
    return random.nextLong() >>> (2 + random.nextInt(62));
  }

  private boolean flip() {
    return random.nextBoolean();
  }

  public static RaftParcel parcel(long from, long to, long group, RaftMessage message) {
    return new RaftParcel(
        new NodeId(from),
        new NodeId(to),
        new GroupId(group),
        new ReplicaId(from),
        new ReplicaId(to),
        message);
  }

  /** Entries have no equality of their own; everything else has. */
  public static String text(RaftMessage message) {
    if (message instanceof RaftMessage.AppendRequest append) {
      StringBuilder text = new StringBuilder(append.toString());
      for (Entry entry : append.entries()) {
        text.append(' ').append(entry).append(entry.kind());
        text.append(HexFormat.of().formatHex(entry.payload()));
      }
      return text.toString();
    }
    return message.toString();
  }
}
