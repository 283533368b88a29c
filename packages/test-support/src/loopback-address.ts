/** The `index`th of many loopback addresses, `127.<net>.1.1` and on: Linux answers on all of 127/8. */
export function loopbackAddress(net: number, index: number): string {
  return `127.${net}.${1 + Math.floor(index / 200)}.${1 + (index % 200)}`;
}
