package io.flotilla.raft.net;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.port.EntryBlock;
import io.flotilla.raft.port.MembershipBlock;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * Raft's messages as bytes, big-endian: kind (1), term (8), and what the kind has. Flags take one
 * byte, what may be absent is preceded by one, entries are an {@link EntryBlock}, and a membership
 * is a {@link MembershipBlock}. Numbers of kinds are never reused.
 */
final class RaftCodec {
  private static final int VOTE_REQUEST = 1;
  private static final int VOTE_REPLY = 2;
  private static final int APPEND_REQUEST = 3;
  private static final int APPEND_REPLY = 4;
  private static final int HEARTBEAT = 5;
  private static final int HEARTBEAT_REPLY = 6;
  private static final int READ_INDEX_REQUEST = 7;
  private static final int READ_INDEX_REPLY = 8;
  private static final int SNAPSHOT_OFFER = 9;
  private static final int TIMEOUT_NOW = 10;
  private static final int REMOVED = 11;
  private static final int REMOVED_REQUEST = 12;

  /** The shortest message: its kind and its term. */
  static final int MESSAGE_BYTES_MIN = 1 + Long.BYTES;

  private RaftCodec() {}

  // ---- sizes ----

  /** Bytes that {@link #encode} will write. */
  static int encodedBytes(RaftMessage message) {
    return MESSAGE_BYTES_MIN + bodyBytes(message);
  }

  private static int bodyBytes(RaftMessage message) {
    if (message instanceof RaftMessage.AppendRequest append) {
      List<Entry> entries = append.entries();
      return 33 + (entries.isEmpty() ? 0 : EntryBlock.encodedBytes(entries));
    } else if (message instanceof RaftMessage.AppendReply reply) {
      return 41 + (reply.conflict().isPresent() ? 32 : 0);
    } else if (message instanceof RaftMessage.Heartbeat) {
      return 16;
    } else if (message instanceof RaftMessage.HeartbeatReply) {
      return 32;
    } else if (message instanceof RaftMessage.VoteRequest) {
      return 18;
    } else if (message instanceof RaftMessage.VoteReply) {
      return 2;
    } else if (message instanceof RaftMessage.ReadIndexRequest) {
      return 8;
    } else if (message instanceof RaftMessage.ReadIndexReply reply) {
      return 9 + (reply.index().isPresent() ? 8 : 0);
    } else if (message instanceof RaftMessage.SnapshotOffer offer) {
      return 16 + MembershipBlock.encodedBytes(offer.membership());
    } else if (message instanceof RaftMessage.TimeoutNow
        || message instanceof RaftMessage.Removed
        || message instanceof RaftMessage.RemovedRequest) {
      return 0;
    }
    throw new IllegalStateException("no encoding for " + message);
  }

  // ---- writing ----

  /** Writes exactly {@link #encodedBytes}. */
  static void encode(RaftMessage message, ByteBuffer to) {
    if (message instanceof RaftMessage.AppendRequest append) {
      begin(to, APPEND_REQUEST, message);
      put(append, to);
    } else if (message instanceof RaftMessage.AppendReply reply) {
      begin(to, APPEND_REPLY, message);
      put(reply, to);
    } else if (message instanceof RaftMessage.Heartbeat heartbeat) {
      begin(to, HEARTBEAT, message).putLong(heartbeat.commit()).putLong(heartbeat.round());
    } else if (message instanceof RaftMessage.HeartbeatReply reply) {
      begin(to, HEARTBEAT_REPLY, message).putLong(reply.round());
      put(reply.progress(), to);
    } else if (message instanceof RaftMessage.VoteRequest vote) {
      begin(to, VOTE_REQUEST, message).put(flag(vote.pre())).put(flag(vote.transfer()));
      put(vote.last(), to);
    } else if (message instanceof RaftMessage.VoteReply vote) {
      begin(to, VOTE_REPLY, message).put(flag(vote.pre())).put(flag(vote.granted()));
    } else if (message instanceof RaftMessage.ReadIndexRequest read) {
      begin(to, READ_INDEX_REQUEST, message).putLong(read.token());
    } else if (message instanceof RaftMessage.ReadIndexReply read) {
      begin(to, READ_INDEX_REPLY, message).putLong(read.token());
      to.put(flag(read.index().isPresent()));
      read.index().ifPresent(to::putLong);
    } else if (message instanceof RaftMessage.SnapshotOffer offer) {
      begin(to, SNAPSHOT_OFFER, message);
      put(offer.last(), to);
      MembershipBlock.encode(offer.membership(), to);
    } else if (message instanceof RaftMessage.TimeoutNow) {
      begin(to, TIMEOUT_NOW, message);
    } else if (message instanceof RaftMessage.Removed) {
      begin(to, REMOVED, message);
    } else if (message instanceof RaftMessage.RemovedRequest) {
      begin(to, REMOVED_REQUEST, message);
    } else {
      throw new IllegalStateException("no encoding for " + message);
    }
  }

  private static ByteBuffer begin(ByteBuffer to, int kind, RaftMessage message) {
    return to.put((byte) kind).putLong(message.term());
  }

  private static byte flag(boolean flag) {
    return (byte) (flag ? 1 : 0);
  }

  private static void put(RaftMessage.AppendRequest append, ByteBuffer to) {
    put(append.previous(), to);
    to.putLong(append.commit()).putLong(append.round());
    to.put(flag(!append.entries().isEmpty()));
    if (!append.entries().isEmpty()) {
      EntryBlock.encode(append.entries(), to);
    }
  }

  private static void put(RaftMessage.AppendReply reply, ByteBuffer to) {
    to.putLong(reply.match()).putLong(reply.round());
    put(reply.progress(), to);
    to.put(flag(reply.conflict().isPresent()));
    if (reply.conflict().isPresent()) {
      RaftMessage.Conflict conflict = reply.conflict().get();
      to.putLong(conflict.previous()).putLong(conflict.xTerm());
      to.putLong(conflict.xIndex()).putLong(conflict.xLength());
    }
  }

  private static void put(Position position, ByteBuffer to) {
    to.putLong(position.index()).putLong(position.term());
  }

  private static void put(RaftMessage.Progress progress, ByteBuffer to) {
    to.putLong(progress.durable()).putLong(progress.applied());
    to.putLong(progress.durablyApplied());
  }

  // ---- reading ----

  /**
   * Reads one message and leaves the position behind it.
   *
   * @throws IllegalArgumentException if it is not a whole, well-formed message; nothing is
   *     allocated from a length that the bytes at hand do not bear out
   */
  static RaftMessage decode(ByteBuffer from) {
    try {
      int kind = from.get();
      return body(kind, number(from, "term"), from);
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("a message is cut short", e);
    }
  }

  private static RaftMessage body(int kind, long term, ByteBuffer from) {
    return switch (kind) {
      case VOTE_REQUEST ->
          new RaftMessage.VoteRequest(term, flag(from), flag(from), position(from));
      case VOTE_REPLY -> new RaftMessage.VoteReply(term, flag(from), flag(from));
      case APPEND_REQUEST -> append(term, from);
      case APPEND_REPLY -> appendReply(term, from);
      case HEARTBEAT ->
          new RaftMessage.Heartbeat(term, number(from, "commit"), number(from, "round"));
      case HEARTBEAT_REPLY ->
          new RaftMessage.HeartbeatReply(term, number(from, "round"), progress(from));
      case READ_INDEX_REQUEST -> new RaftMessage.ReadIndexRequest(term, from.getLong());
      case READ_INDEX_REPLY ->
          new RaftMessage.ReadIndexReply(
              term,
              from.getLong(),
              flag(from) ? Optional.of(number(from, "index")) : Optional.empty());
      case SNAPSHOT_OFFER ->
          new RaftMessage.SnapshotOffer(term, position(from), MembershipBlock.decode(from));
      case TIMEOUT_NOW -> new RaftMessage.TimeoutNow(term);
      case REMOVED -> new RaftMessage.Removed(term);
      case REMOVED_REQUEST -> new RaftMessage.RemovedRequest(term);
      default ->
          throw new IllegalArgumentException(
              "message kind " + kind + "; allowed are 1 to " + REMOVED_REQUEST);
    };
  }

  private static RaftMessage append(long term, ByteBuffer from) {
    Position previous = position(from);
    long commit = number(from, "commit");
    long round = number(from, "round");
    List<Entry> entries = flag(from) ? EntryBlock.decode(from) : List.of();
    return new RaftMessage.AppendRequest(term, previous, commit, round, entries);
  }

  private static RaftMessage appendReply(long term, ByteBuffer from) {
    long match = number(from, "match");
    long round = number(from, "round");
    RaftMessage.Progress progress = progress(from);
    Optional<RaftMessage.Conflict> conflict =
        flag(from)
            ? Optional.of(
                new RaftMessage.Conflict(
                    number(from, "refused index"),
                    number(from, "conflicting term"),
                    number(from, "conflicting index"),
                    number(from, "log length")))
            : Optional.empty();
    return new RaftMessage.AppendReply(term, match, conflict, round, progress);
  }

  private static Position position(ByteBuffer from) {
    return new Position(number(from, "index"), number(from, "term"));
  }

  private static RaftMessage.Progress progress(ByteBuffer from) {
    return new RaftMessage.Progress(
        number(from, "durable index"),
        number(from, "applied index"),
        number(from, "durably applied index"));
  }

  private static long number(ByteBuffer from, String what) {
    long number = from.getLong();
    if (number < 0) {
      throw new IllegalArgumentException(what + " " + number + " is negative");
    }
    return number;
  }

  private static boolean flag(ByteBuffer from) {
    int flag = from.get();
    if (flag != 0 && flag != 1) {
      throw new IllegalArgumentException("flag " + flag + "; allowed are 0 and 1");
    }
    return flag == 1;
  }
}
