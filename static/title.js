// The page's title tells, in a tab that is not looked at, of unread messages and a lost connection.

const name = document.title;
const news = { unread: 0, isLost: false };

/** Changes what the title tells: titleTells({ unread: 3 }). */
export function titleTells(changes) {
  Object.assign(news, changes);
  const unread = news.unread ? `(${news.unread.toLocaleString("en")}) ` : "";
  document.title = `${unread}${news.isLost ? "Not connected · " : ""}${name}`;
}
