package io.flotilla.router.gateway;

import io.flotilla.router.client.Bytes;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.redis.ArrayRedisMessage;
import io.netty.handler.codec.redis.ErrorRedisMessage;
import io.netty.handler.codec.redis.FullBulkStringRedisMessage;
import io.netty.handler.codec.redis.IntegerRedisMessage;
import io.netty.handler.codec.redis.RedisMessage;
import io.netty.handler.codec.redis.SimpleStringRedisMessage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a gateway says, in the words of Netty's codec. None holds a counted buffer. */
final class Replies {
  static final RedisMessage OK = new SimpleStringRedisMessage("OK");
  static final RedisMessage PONG = new SimpleStringRedisMessage("PONG");
  static final RedisMessage NIL = FullBulkStringRedisMessage.NULL_INSTANCE;
  static final RedisMessage NIL_ARRAY = ArrayRedisMessage.NULL_INSTANCE;

  /** More than any header, number or line end takes. */
  private static final long OVERHEAD_BYTES = 32;

  private Replies() {}

  /**
   * @param text one line
   */
  static RedisMessage simple(String text) {
    return new SimpleStringRedisMessage(text);
  }

  /**
   * @param error code first; line ends become spaces
   */
  static RedisMessage error(String error) {
    return new ErrorRedisMessage(error.replace('\r', ' ').replace('\n', ' '));
  }

  static RedisMessage integer(long value) {
    return new IntegerRedisMessage(value);
  }

  static RedisMessage flag(boolean value) {
    return integer(value ? 1 : 0);
  }

  static RedisMessage bulk(Bytes bytes) {
    return bytes.isEmpty()
        ? FullBulkStringRedisMessage.EMPTY_INSTANCE
        : new FullBulkStringRedisMessage(Unpooled.wrappedBuffer(bytes.asReadOnlyByteBuffer()));
  }

  static RedisMessage bulk(String text) {
    return bulk(Bytes.utf8(text));
  }

  static RedisMessage bulkOrNil(Optional<Bytes> bytes) {
    return bytes.map(Replies::bulk).orElse(NIL);
  }

  static RedisMessage array(List<RedisMessage> elements) {
    return new ArrayRedisMessage(elements);
  }

  static RedisMessage bulks(Collection<String> texts) {
    return array(texts.stream().map(Replies::bulk).toList());
  }

  static RedisMessage simples(Collection<String> texts) {
    return array(texts.stream().map(Replies::simple).toList());
  }

  /** A map, as RESP2 has it: names and values by turns. */
  static RedisMessage map(Map<String, RedisMessage> entries) {
    List<RedisMessage> flat = new ArrayList<>(2 * entries.size());
    entries.forEach(
        (name, value) -> {
          flat.add(bulk(name));
          flat.add(value);
        });
    return array(flat);
  }

  /** About how many bytes it takes on the wire; never fewer. */
  static long bytes(RedisMessage reply) {
    if (reply instanceof FullBulkStringRedisMessage bulk) {
      return OVERHEAD_BYTES + bulk.content().readableBytes();
    }
    if (reply instanceof ArrayRedisMessage array && !array.isNull()) {
      long bytes = OVERHEAD_BYTES;
      for (RedisMessage element : array.children()) {
        bytes += bytes(element);
      }
      return bytes;
    }
    if (reply instanceof ErrorRedisMessage error) {
      return OVERHEAD_BYTES + 3L * error.content().length();
    }
    return OVERHEAD_BYTES;
  }
}
