import { useQuery } from '@tanstack/react-query'
import { ArrowLeft, Search } from 'lucide-react'
import { useState } from 'react'
import { Input, ListBox, ListBoxItem, SearchField } from 'react-aria-components'
import { useTranslation } from 'react-i18next'
import type { ShownStory } from '#contract/desk.ts'
import { type Article, offered } from '#contract/domain/reference.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Waiting } from '../../ui/notice.tsx'
import { searchIn } from '../../ui/search.ts'
import { useFormat, useWords } from '../../ui/use-format.ts'
import s from './cards.module.css'
import { suggestedCards } from './suggested.ts'

/** What the city says, in the headings of its service sheets. Read while it rings, while one talks, always. */
export function Cards({
  articleId,
  suggestedFor,
  onOpen,
  onBook,
}: {
  articleId: string | null
  /** The call that is going on; its likely cards stand first. */
  suggestedFor: { story: ShownStory | null; reason: string | null } | null
  onOpen: (articleId: string | null) => void
  /** Present when an appointment can be made: opens the booking for a service of this topic. */
  onBook: ((topicId: string) => void) | null
}) {
  const { t } = useTranslation()
  const words = useWords()
  const say = useFaultText()
  const { queries } = useDesk()
  const { data, error } = useQuery(queries.reference)
  const [question, setQuestion] = useState('')
  if (error) return <p className={cx(s.plain)}>{say(toFault(error))}</p>
  if (!data) {
    return (
      <div className={cx(s.plain)}>
        <Waiting label={t('common.loading')} rows={6} />
      </div>
    )
  }
  const { articles } = data
  const opened = articles.find(({ id }) => id === articleId)
  if (opened) {
    const bookable = offered(data.services).some(({ topicId }) => topicId === opened.topicId)
    return (
      <Card
        article={opened}
        onBack={() => onOpen(null)}
        onBook={onBook && bookable ? () => onBook(opened.topicId) : null}
      />
    )
  }
  const suggested =
    suggestedFor && question === '' ? suggestedCards(articles, suggestedFor.story, suggestedFor.reason) : []
  const found = searchIn(articles, question, (article) => [
    words(article.title),
    `${article.keywords} ${article.sections.map(({ body }) => words(body)).join(' ')}`,
  ])
  return (
    <div className={cx(s.cards)}>
      <SearchField
        className={cx(s.field)}
        aria-label={t('work.cards.search')}
        value={question}
        onChange={setQuestion}
      >
        <Search size={18} aria-hidden="true" />
        <Input placeholder={t('work.cards.search')} />
      </SearchField>
      {suggested.length > 0 ? (
        <>
          <h2 className={cx(s.group)}>{t('work.cards.suggested')}</h2>
          <CardList label={t('work.cards.suggested')} articles={suggested} onOpen={onOpen} />
        </>
      ) : null}
      {articles.length === 0 ? (
        <p className={cx(s.hint)}>{t('work.cards.empty')}</p>
      ) : (
        <p className={cx(s.hint)} role="status">
          {found.length === 0 ? t('work.cards.none') : t('work.cards.count', { count: found.length })}
        </p>
      )}
      <CardList label={t('work.cards.list')} articles={found} onOpen={onOpen} />
    </div>
  )
}

function CardList({
  label,
  articles,
  onOpen,
}: {
  label: string
  articles: readonly Article[]
  onOpen: (articleId: string) => void
}) {
  const words = useWords()
  return (
    <ListBox
      className={cx(s.list)}
      aria-label={label}
      selectionMode="none"
      items={articles}
      onAction={(key) => onOpen(String(key))}
      dependencies={[words]}
    >
      {(article) => (
        <ListBoxItem id={article.id} className={cx(s.row)} textValue={words(article.title)}>
          <b>{words(article.title)}</b>
          <span>{article.sections[0] ? words(article.sections[0].body) : ''}</span>
        </ListBoxItem>
      )}
    </ListBox>
  )
}

function Card({
  article,
  onBack,
  onBook,
}: {
  article: Article
  onBack: () => void
  onBook: (() => void) | null
}) {
  const { t } = useTranslation()
  const words = useWords()
  const format = useFormat()
  return (
    <>
      <article className={cx(s.card)} aria-labelledby="card-title">
        <Button look="link" size="small" icon={<ArrowLeft size={15} aria-hidden="true" />} onPress={onBack}>
          {t('work.cards.back')}
        </Button>
        <h2 className={cx(s.title)} id="card-title">
          {words(article.title)}
        </h2>
        <p className={cx(s.small)}>{t('work.cards.updated', { date: format.dateLong(article.updatedOn) })}</p>
        <dl>
          {article.sections.map((section) => (
            <div key={section.heading.it}>
              <dt>{words(section.heading)}</dt>
              <dd>{words(section.body)}</dd>
            </div>
          ))}
        </dl>
      </article>
      {article.example || onBook ? (
        <div className={cx(s.foot)}>
          {onBook ? (
            <Button size="small" shortcut="sheetBooking" onPress={onBook}>
              {t('work.cards.book')}
            </Button>
          ) : null}
          {article.example ? <p className={cx(s.example)}>{t('work.cards.example')}</p> : null}
        </div>
      ) : null}
    </>
  )
}
