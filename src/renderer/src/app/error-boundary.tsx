import i18next from 'i18next'
import { Component, type ErrorInfo, type ReactNode } from 'react'
import { cx } from '../ui/cx.ts'
import s from './overlay.module.css'

/** What is left when a part of the page fails: words and one way on. The call lives in the host and is not touched. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError() {
    return { failed: true }
  }

  override componentDidCatch(error: Error, info: ErrorInfo) {
    console.error('page', error, info.componentStack)
  }

  override render() {
    if (!this.state.failed) return this.props.children
    return (
      <div className={cx(s.crash)} role="alert">
        <h1>{i18next.t('common.crash.title')}</h1>
        <p>{i18next.t('common.crash.body')}</p>
        <button type="button" className={cx(s.reload)} onClick={() => window.location.reload()}>
          {i18next.t('common.crash.action')}
        </button>
      </div>
    )
  }
}
