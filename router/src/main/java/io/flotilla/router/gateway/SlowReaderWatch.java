package io.flotilla.router.gateway;

import io.flotilla.router.gateway.GatewayMetrics.Metric;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes a client that takes nothing of what it was sent, for it holds memory to no end. How much
 * waits for it says nothing: who reads steadily over a slow link and asks on keeps the output full.
 * So progress is what counts, to the byte, since the last look. It is patient, unless others have
 * to wait for the memory. Stands next to the socket, where it sees each piece of each reply.
 */
final class SlowReaderWatch extends ChannelDuplexHandler {
  private static final Logger LOG = LoggerFactory.getLogger(SlowReaderWatch.class);

  private static final long SHORT_MILLIS = 5000;

  private final long timeoutMillis;
  private final long periodMillis;
  private final ReplyMemory memory;
  private final GatewayMetrics metrics;
  private long written;
  private long flushed;
  private boolean watching;

  /**
   * How far the socket has come: it grows with every byte that it takes.
   *
   * @param pieces that were taken whole
   * @param bytes of the next one
   */
  private record Taken(long pieces, long bytes) {}

  SlowReaderWatch(GatewayLimits limits, ReplyMemory memory, GatewayMetrics metrics) {
    this.timeoutMillis = limits.slowReaderTimeout().toMillis();
    this.periodMillis = Math.min(timeoutMillis, SHORT_MILLIS);
    this.memory = memory;
    this.metrics = metrics;
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object piece, ChannelPromise promise)
      throws Exception {
    written++;
    super.write(ctx, piece, promise);
  }

  @Override
  public void flush(ChannelHandlerContext ctx) throws Exception {
    flushed = written;
    super.flush(ctx);
    if (!watching && awaitsTaking(ctx)) {
      watching = true;
      lookLater(ctx, taken(ctx), 0);
    }
  }

  private void lookLater(ChannelHandlerContext ctx, Taken before, long idleMillis) {
    ctx.executor()
        .schedule(
            () -> look(ctx, before, idleMillis + periodMillis),
            periodMillis,
            TimeUnit.MILLISECONDS);
  }

  /**
   * @param idleMillis for how long it has taken nothing, if {@code before} is still true
   */
  private void look(ChannelHandlerContext ctx, Taken before, long idleMillis) {
    Taken now = taken(ctx);
    if (!awaitsTaking(ctx)) {
      watching = false;
    } else if (!now.equals(before)) {
      lookLater(ctx, now, 0);
    } else if (idleMillis >= timeoutMillis || memory.isShort()) {
      metrics.add(Metric.SLOW_READERS);
      LOG.warn("closing client {}: it takes no replies", ctx.channel().remoteAddress());
      ctx.close();
    } else {
      lookLater(ctx, before, idleMillis);
    }
  }

  private static boolean awaitsTaking(ChannelHandlerContext ctx) {
    ChannelOutboundBuffer waiting = ctx.channel().unsafe().outboundBuffer();
    return waiting != null && !waiting.isEmpty();
  }

  private Taken taken(ChannelHandlerContext ctx) {
    ChannelOutboundBuffer waiting = ctx.channel().unsafe().outboundBuffer();
    return waiting == null // closed
        ? new Taken(flushed, 0)
        : new Taken(flushed - waiting.size(), waiting.currentProgress());
  }
}
