package io.flotilla.raft.sim;

import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.Outcome;
import io.flotilla.raft.history.Value;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * What a client asks to be written.
 *
 * @param client whose session this is of
 * @param sequence its number in that session
 * @param ackedBelow all with a lower number have ended: nobody asks for them any more
 */
public record SimCommand(int client, int sequence, int ackedBelow, int key, Action action) {
  private static final int PUT = 1;
  private static final int DELETE = 2;
  private static final int CAS = 3;
  private static final int INCREMENT = 4;
  private static final int APPEND = 5;

  /** Of a client that sends one at a time. */
  SimCommand(int client, int sequence, int key, Action action) {
    this(client, sequence, sequence, key, action);
  }

  /** The same, sent when all below a number have ended. */
  SimCommand withAckedBelow(long number) {
    return new SimCommand(client, sequence, (int) number, key, action);
  }

  /**
   * @param paddingBytes that mean nothing and make it longer
   */
  byte[] encode(int paddingBytes) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream to = new DataOutputStream(bytes)) {
      to.writeInt(client);
      to.writeInt(sequence);
      to.writeInt(ackedBelow);
      to.writeByte(key);
      if (action instanceof Action.Put put) {
        to.writeByte(PUT);
        write(put.value(), to);
      } else if (action instanceof Action.CompareAndSet cas) {
        to.writeByte(CAS);
        write(cas.expected(), to);
        write(cas.value(), to);
      } else if (action instanceof Action.Increment increment) {
        to.writeByte(INCREMENT);
        to.writeLong(increment.by());
      } else if (action instanceof Action.Append append) {
        to.writeByte(APPEND);
        to.writeUTF(append.suffix());
      } else if (action instanceof Action.Delete) {
        to.writeByte(DELETE);
      } else {
        throw new IllegalArgumentException("no command: " + action);
      }
      to.write(new byte[paddingBytes]);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes.toByteArray();
  }

  public static SimCommand decode(byte[] payload) {
    try (DataInputStream from = new DataInputStream(new ByteArrayInputStream(payload))) {
      return new SimCommand(
          from.readInt(), from.readInt(), from.readInt(), from.readByte(), action(from));
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private static Action action(DataInputStream from) throws IOException {
    int kind = from.readByte();
    return switch (kind) {
      case PUT -> new Action.Put(value(from));
      case DELETE -> new Action.Delete();
      case CAS -> new Action.CompareAndSet(value(from), value(from));
      case INCREMENT -> new Action.Increment(from.readLong());
      case APPEND -> new Action.Append(from.readUTF());
      default -> throw new IOException("command of kind " + kind);
    };
  }

  static void write(Value value, DataOutputStream to) throws IOException {
    to.writeBoolean(value.equals(Value.ABSENT));
    to.writeUTF(value.text());
  }

  static Value value(DataInputStream from) throws IOException {
    boolean absent = from.readBoolean();
    String text = from.readUTF();
    return absent ? Value.ABSENT : Value.of(text);
  }

  /** What it did, as the state machine answers it. */
  public static byte[] encode(Outcome outcome) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream to = new DataOutputStream(bytes)) {
      if (outcome instanceof Outcome.Number number) {
        to.writeByte('n');
        to.writeLong(number.now());
      } else if (outcome instanceof Outcome.Took took) {
        to.writeByte('t');
        to.writeBoolean(took.effect());
      } else {
        to.writeByte(outcome instanceof Outcome.Done ? 'd' : 'u');
      }
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes.toByteArray();
  }

  static Outcome decodeOutcome(byte[] bytes) {
    try (DataInputStream from = new DataInputStream(new ByteArrayInputStream(bytes))) {
      return switch (from.readByte()) {
        case 'n' -> new Outcome.Number(from.readLong());
        case 't' -> new Outcome.Took(from.readBoolean());
        case 'd' -> Outcome.done();
        default -> Outcome.unknown();
      };
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }
}
