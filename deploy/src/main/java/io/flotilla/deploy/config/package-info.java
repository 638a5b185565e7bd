/**
 * One YAML file per role: each key also as an environment variable and as {@code --set key=value},
 * unknown keys refused with the nearest known name. {@link Settings} finds and checks values; the
 * classes named after roles know the keys.
 */
@NullMarked
package io.flotilla.deploy.config;

import org.jspecify.annotations.NullMarked;
