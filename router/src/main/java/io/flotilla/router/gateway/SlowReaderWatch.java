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
 * So progress is what counts, to the byte, since the last look. Stands next to the socket, where it
 * sees each piece of each reply.
 */
final class SlowReaderWatch extends ChannelDuplexHandler {
  private static final Logger LOG = LoggerFactory.getLogger(SlowReaderWatch.class);

  private final long periodMillis;
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

  SlowReaderWatch(GatewayLimits limits, GatewayMetrics metrics) {
    this.periodMillis = limits.slowReaderTimeout().toMillis();
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
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) throws Exception {
    if (!ctx.channel().isWritable() && !watching) {
      watching = true;
      lookLater(ctx, taken(ctx));
    }
    super.channelWritabilityChanged(ctx);
  }

  private void lookLater(ChannelHandlerContext ctx, Taken before) {
    ctx.executor().schedule(() -> look(ctx, before), periodMillis, TimeUnit.MILLISECONDS);
  }

  private void look(ChannelHandlerContext ctx, Taken before) {
    Taken now = taken(ctx);
    if (ctx.channel().isWritable() || !ctx.channel().isActive()) {
      watching = false;
    } else if (now.equals(before)) {
      metrics.add(Metric.SLOW_READERS);
      LOG.warn("closing client {}: it takes no replies", ctx.channel().remoteAddress());
      ctx.close();
    } else {
      lookLater(ctx, now);
    }
  }

  private Taken taken(ChannelHandlerContext ctx) {
    ChannelOutboundBuffer waiting = ctx.channel().unsafe().outboundBuffer();
    return waiting == null // closed
        ? new Taken(flushed, 0)
        : new Taken(flushed - waiting.size(), waiting.currentProgress());
  }
}
