package io.flotilla.router.gateway;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.gateway.Incoming.Malformed;
import io.flotilla.router.gateway.Incoming.Request;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Bytes to commands: arrays of bulk strings, or lines of words.
 *
 * <p>Netty's own decoder is not used here. It reads what a server may say, of which a request is a
 * small part; it would gather a bulk string of half a gigabyte and as many of them as an array
 * holds, without a bound on the whole; and its complaints are not those of Redis, by which clients
 * and people know what went wrong. This one keeps nothing but the bytes that really came, and
 * refuses at the header whatever would grow too large.
 *
 * <p>After a {@link Malformed} everything is skipped: nobody can say where the next command begins.
 */
final class RequestDecoder extends ByteToMessageDecoder {
  private static final int LINE_BYTES_MAX = 64 << 10;
  private static final int CRLF = '\r' << 8 | '\n';
  private static final int ARGUMENTS_FIRST = 16;

  private final GatewayLimits limits;
  private boolean skipping;
  private int missing; // arguments of the current array still to come; 0: between commands
  private int bulkBytes = -1; // length of the argument that is coming; -1: its header is to come
  private int requestBytes;
  private int scanned; // bytes of an unfinished line that have been searched for its end
  private List<Bytes> arguments = List.of();

  RequestDecoder(GatewayLimits limits) {
    this.limits = limits;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    if (skipping) {
      in.skipBytes(in.readableBytes());
      return;
    }
    try {
      if (missing > 0) {
        readArguments(in, out);
      } else if (in.isReadable()) {
        readBeginning(in, out);
      }
    } catch (Violation e) {
      skipping = true;
      arguments = List.of();
      in.skipBytes(in.readableBytes());
      out.add(new Malformed("ERR Protocol error: " + e.getMessage()));
    }
  }

  private void readBeginning(ByteBuf in, List<Object> out) throws Violation {
    if (in.getByte(in.readerIndex()) != '*') {
      readInline(in, out);
      return;
    }
    byte[] header = line(in, "too big mbulk count string");
    if (header == null) {
      return;
    }
    OptionalLong count = countIn(header);
    if (count.isEmpty() || count.getAsLong() > limits.argumentsMax()) {
      throw new Violation("invalid multibulk length");
    }
    if (count.getAsLong() > 0) { // an empty array is no command, and no error
      missing = (int) count.getAsLong();
      arguments = new ArrayList<>(Math.min(missing, ARGUMENTS_FIRST));
      requestBytes = 0;
      readArguments(in, out);
    }
  }

  private void readArguments(ByteBuf in, List<Object> out) throws Violation {
    while (missing > 0) {
      if (bulkBytes < 0 && !readBulkHeader(in)) {
        return;
      }
      if (in.readableBytes() < bulkBytes + 2) {
        return;
      }
      byte[] argument = new byte[bulkBytes];
      in.readBytes(argument);
      if (in.readShort() != CRLF) {
        throw new Violation("expected CRLF after a bulk string");
      }
      arguments.add(Bytes.wrap(argument));
      bulkBytes = -1;
      missing--;
    }
    out.add(new Request(arguments, requestBytes));
    arguments = List.of();
  }

  private boolean readBulkHeader(ByteBuf in) throws Violation {
    if (!in.isReadable()) {
      return false;
    }
    int first = in.getByte(in.readerIndex());
    if (first != '$') {
      throw new Violation("expected '$', got '" + printable(first) + "'");
    }
    byte[] header = line(in, "too big bulk count string");
    if (header == null) {
      return false;
    }
    OptionalLong length = countIn(header);
    if (length.isEmpty()
        || length.getAsLong() < 0
        || length.getAsLong() > limits.argumentBytesMax()) {
      throw new Violation("invalid bulk length");
    }
    if (requestBytes + length.getAsLong() > limits.commandBytesMax()) {
      throw new Violation(
          "too big command, at most " + limits.commandBytesMax() + " bytes are allowed");
    }
    bulkBytes = (int) length.getAsLong();
    requestBytes += bulkBytes;
    return true;
  }

  private void readInline(ByteBuf in, List<Object> out) throws Violation {
    byte[] line = line(in, "too big inline request");
    if (line == null) {
      return;
    }
    List<Bytes> words =
        InlineWords.of(line).orElseThrow(() -> new Violation("unbalanced quotes in request"));
    if (!words.isEmpty()) {
      out.add(new Request(words, line.length));
    }
  }

  /** The line up to its end, which is taken but not returned; null if the end has not come. */
  private byte @Nullable [] line(ByteBuf in, String tooLong) throws Violation {
    int start = in.readerIndex();
    int end = in.indexOf(start + scanned, in.writerIndex(), (byte) '\n');
    int length = (end < 0 ? in.writerIndex() : end) - start;
    if (length > LINE_BYTES_MAX) {
      throw new Violation(tooLong);
    }
    if (end < 0) {
      scanned = length;
      return null;
    }
    scanned = 0;
    boolean carriageReturn = length > 0 && in.getByte(end - 1) == '\r';
    byte[] line = new byte[carriageReturn ? length - 1 : length];
    in.readBytes(line);
    in.readerIndex(end + 1);
    return line;
  }

  private static OptionalLong countIn(byte[] header) {
    return Numbers.parse(Arrays.copyOfRange(header, 1, header.length));
  }

  private static String printable(int character) {
    return character > ' ' && character < 0x7f
        ? String.valueOf((char) character)
        : String.format("\\x%02x", character & 0xff);
  }

  /** What came is not the protocol. */
  private static final class Violation extends Exception {
    Violation(String what) {
      super(what, null, false, false);
    }
  }
}
